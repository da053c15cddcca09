import { Button, Modal } from 'antd';
import { useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { ConfirmDialog, type Note } from './confirm-dialog.js';
import { FormDialog, type FormField } from './form-dialog.js';

type Shared = {
  /** What the button says. */
  label: string;
  /** What it does to which thing; the button's name for a screen reader where one row is like the next. */
  of?: string;
  title?: string;
  text?: React.ReactNode;
  danger?: boolean;
  primary?: boolean;
  small?: boolean;
  disabled?: boolean;
  testId?: string;
};
/** Shown in a dialog of its own when it is done: a secret that is said once, or what happens next. */
export type Revealed = { reveal: React.ReactNode; title?: string };

function useDone(): {
  finish: (answer: unknown) => Promise<void>;
  revealed: React.ReactNode;
} {
  const { queryClient } = useServices();
  const t = useT();
  const [shown, setShown] = useState<Revealed | null>(null);
  return {
    finish: async (answer) => {
      await queryClient.invalidateQueries();
      if (typeof answer === 'object' && answer !== null && 'reveal' in answer) setShown(answer as Revealed);
    },
    revealed: shown !== null && (
      <Modal
        open
        width={440}
        title={shown.title ?? t('reveal.title')}
        onCancel={() => setShown(null)}
        footer={<Button onClick={() => setShown(null)}>{t('action.close')}</Button>}
      >
        {shown.reveal}
      </Modal>
    ),
  };
}

/** Whatever changes something carries `data-action`: who may only look must find none. */
function Trigger(props: Shared & { onClick: () => void }) {
  return (
    <Button
      size={props.small ? 'small' : undefined}
      type={props.primary ? 'primary' : undefined}
      danger={props.danger}
      disabled={props.disabled}
      data-testid={props.testId}
      data-action={props.testId ?? props.label}
      aria-label={props.of ? `${props.label} ${props.of}` : undefined}
      onClick={(event) => {
        event.stopPropagation();
        props.onClick();
      }}
    >
      {props.label}
    </Button>
  );
}

/** A click inside of a dialog is not a click on the row that its button stands in; keys go on, Escape closes from outside. */
function Apart(props: { children: React.ReactNode }) {
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions lint/a11y/useKeyWithClickEvents: nothing is offered here, clicks only stop
    <span onClick={(event) => event.stopPropagation()}>{props.children}</span>
  );
}

/** A button that asks before it does, then reads the page anew. */
export function Ask(
  props: Shared & {
    note?: Note;
    onConfirm: (note: string, idempotencyKey: string) => Promise<unknown>;
  },
) {
  const [asking, setAsking] = useState(false);
  const { finish, revealed } = useDone();
  return (
    <Apart>
      <Trigger {...props} onClick={() => setAsking(true)} />
      {asking && (
        <ConfirmDialog
          title={props.title ?? (props.of ? `${props.label} · ${props.of}` : props.label)}
          text={props.text}
          note={props.note}
          danger={props.danger}
          confirmText={props.label}
          onConfirm={async (note, key) => finish(await props.onConfirm(note, key))}
          onClose={() => setAsking(false)}
        />
      )}
      {revealed}
    </Apart>
  );
}

/** A button that opens a form, then reads the page anew. */
export function FormButton<V extends object>(
  props: Shared & {
    fields: readonly FormField<V>[];
    initial?: Partial<V>;
    note?: Note;
    confirmText?: string;
    preview?: (values: V) => React.ReactNode;
    onSubmit: (values: V, idempotencyKey: string, note: string) => Promise<unknown>;
  },
) {
  const [open, setOpen] = useState(false);
  const { finish, revealed } = useDone();
  return (
    <Apart>
      <Trigger {...props} onClick={() => setOpen(true)} />
      {open && (
        <FormDialog<V>
          title={props.title ?? (props.of ? `${props.label} · ${props.of}` : props.label)}
          text={props.text}
          fields={props.fields}
          initial={props.initial}
          note={props.note}
          danger={props.danger}
          confirmText={props.confirmText ?? props.label}
          preview={props.preview}
          onSubmit={async (values, key, note) => finish(await props.onSubmit(values, key, note))}
          onClose={() => setOpen(false)}
        />
      )}
      {revealed}
    </Apart>
  );
}

/** A secret that is said once, with a button that copies it. */
export function Secret(props: { text: string; note?: string }) {
  const t = useT();
  const [copied, setCopied] = useState(false);
  return (
    <div style={{ display: 'grid', gap: 10 }}>
      <p>{props.note ?? t('reveal.once')}</p>
      <code className="mono" style={{ overflowWrap: 'anywhere' }} data-testid="secret">
        {props.text}
      </code>
      <span>
        <Button onClick={() => void navigator.clipboard.writeText(props.text).then(() => setCopied(true))}>
          {t(copied ? 'reveal.copied' : 'reveal.copy')}
        </Button>
      </span>
    </div>
  );
}
