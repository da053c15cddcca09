import { ApiError, errorCode, OfflineError } from '@voltbay/protocol/client';
import { Button, Input, Modal } from 'antd';
import { useId, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import styles from './confirm-dialog.module.css';
import { StaleBar } from './states.js';

const MIN_NOTE = 3;
/** The hub takes as much of every note but few. */
const MAX_NOTE = 200;

/** A note of 3 letters or more that is asked for; `max` where the hub takes another length than most. */
export type Note = { label: string; hint?: string; max?: number };

/**
 * Asks before something is done, with a note where one is wanted, and stays open with the reason when it was refused. `onConfirm`
 * gets one idempotency key per dialog: pressing again after a lost answer is still the same request.
 */
export function ConfirmDialog(props: {
  title: string;
  text?: React.ReactNode;
  note?: Note;
  danger?: boolean;
  confirmText: string;
  /** More fields, which are right when `ready`. */
  children?: React.ReactNode;
  ready?: boolean;
  onConfirm: (note: string, idempotencyKey: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const t = useT();
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const noteId = useId();
  const ready = (props.ready ?? true) && (!props.note || note.trim().length >= MIN_NOTE);

  async function confirm(): Promise<void> {
    setBusy(true);
    setError(null);
    try {
      await props.onConfirm(note.trim(), idempotencyKey);
      props.onClose();
    } catch (cause) {
      setError(cause);
      setBusy(false);
    }
  }

  return (
    <Modal
      open
      destroyOnHidden
      width={440}
      title={props.title}
      onCancel={props.onClose}
      footer={
        <>
          <Button onClick={props.onClose}>{t('action.cancel')}</Button>
          <Button
            type="primary"
            danger={props.danger}
            disabled={!ready}
            loading={busy}
            onClick={() => void confirm()}
            data-testid="confirm"
          >
            {props.confirmText}
          </Button>
        </>
      }
    >
      <div className={styles.body}>
        {props.text && <p>{props.text}</p>}
        {props.children}
        {props.note && (
          <>
            <label htmlFor={noteId}>{props.note.label}</label>
            <Input.TextArea
              id={noteId}
              rows={2}
              maxLength={props.note.max ?? MAX_NOTE}
              value={note}
              placeholder={props.note.hint}
              onChange={(event) => setNote(event.target.value)}
            />
          </>
        )}
        {error !== null && <Refusal error={error} />}
      </div>
    </Modal>
  );
}

function Refusal(props: { error: unknown }) {
  const t = useT();
  // No answer is not the same as no: the same request may be sent again.
  if (props.error instanceof OfflineError) return <StaleBar>{t('dialog.noAnswer')}</StaleBar>;
  const detail = props.error instanceof ApiError ? props.error.problem.detail : undefined;
  return (
    <StaleBar tone="fault">
      {t.code('error', errorCode(props.error))}
      {detail && ` · ${detail}`}
    </StaleBar>
  );
}
