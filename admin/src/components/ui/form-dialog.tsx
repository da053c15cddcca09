import { Input, InputNumber, Select, Switch } from 'antd';
import { useId, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import { ConfirmDialog, type Note } from './confirm-dialog.js';

type Option = { value: string; label: string };
type FieldBase = {
  label: string;
  hint?: string;
  optional?: boolean;
  /** Left out of the form while it does not apply. */
  when?: (values: Record<string, unknown>) => boolean;
};
/** How one value of a form is asked for. `yuan` shows CNY and gives fen; `percent` shows % and gives basis points; `json` gives what was parsed. */
export type FormField<V> = FieldBase & { name: keyof V & string } & (
    | {
        kind: 'text' | 'password' | 'date' | 'date-time' | 'month';
        max?: number;
        min?: number;
        /** Whether a text can be sent; the hint says what is wanted. */
        fits?: (text: string) => boolean;
      }
    | { kind: 'area'; max?: number; rows?: number; mono?: boolean }
    | { kind: 'json'; rows?: number; check?: (value: unknown) => string | null }
    | { kind: 'number' | 'yuan' | 'percent'; min?: number; max?: number }
    | { kind: 'select'; options: readonly Option[] }
    | { kind: 'multi'; options: readonly Option[]; free?: boolean }
    | { kind: 'switch' }
  );

const INPUT_TYPES = {
  text: 'text',
  password: 'password',
  date: 'date',
  'date-time': 'datetime-local',
  month: 'month',
};
const BLANK: ReadonlySet<unknown> = new Set([undefined, null, '']);

/** The reason a value cannot be sent, or null. */
function problemOf<V>(field: FormField<V>, value: unknown): 'missing' | 'json' | 'short' | 'misfit' | null {
  if (field.kind === 'switch') return null;
  if (BLANK.has(value) || (Array.isArray(value) && value.length === 0))
    return field.optional ? null : 'missing';
  if (field.kind === 'json') {
    try {
      const parsed: unknown = JSON.parse(String(value));
      return field.check?.(parsed) ? 'json' : null;
    } catch {
      return 'json';
    }
  }
  if ('fits' in field && typeof value === 'string' && !(field.fits?.(value) ?? true)) return 'misfit';
  const min = 'min' in field ? field.min : undefined;
  return typeof value === 'string' && min !== undefined && value.trim().length < min ? 'short' : null;
}

function sent<V>(field: FormField<V>, value: unknown): unknown {
  if (field.kind === 'switch') return Boolean(value);
  if (BLANK.has(value)) return undefined;
  if (field.kind === 'yuan' || field.kind === 'percent') return Math.round(Number(value) * 100);
  if (field.kind === 'json') return JSON.parse(String(value));
  if (field.kind === 'date-time') return new Date(String(value)).toISOString();
  return typeof value === 'string' && field.kind !== 'password' ? value.trim() : value;
}

/** `2026-11-22T16:00` of this computer's zone, as the browser's field wants it. */
export const localMinute = (iso: string): string => {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

function asked<V>(field: FormField<V>, value: unknown): unknown {
  if (BLANK.has(value)) return field.kind === 'switch' ? false : value;
  if (field.kind === 'yuan' || field.kind === 'percent') return Number(value) / 100;
  if (field.kind === 'json') return JSON.stringify(value, null, 2);
  return field.kind === 'date-time' ? localMinute(String(value)) : value;
}

/**
 * A form in a dialog. It stays as it is while a lost session is renewed over it, and when the hub refuses, with the reason. `onSubmit` gets the
 * values of the fields that apply, empty ones left out, and one idempotency key per dialog.
 */
export function FormDialog<V extends object>(props: {
  title: string;
  text?: React.ReactNode;
  fields: readonly FormField<V>[];
  initial?: Partial<V>;
  confirmText?: string;
  danger?: boolean;
  note?: Note;
  /** What the values mean, shown below the fields while they are right. */
  preview?: (values: V) => React.ReactNode;
  onSubmit: (values: V, idempotencyKey: string, note: string) => Promise<unknown>;
  onClose: () => void;
}) {
  const t = useT();
  const [values, setValues] = useState<Record<string, unknown>>(() =>
    Object.fromEntries(
      props.fields.map((field) => [field.name, asked(field, props.initial?.[field.name])] as const),
    ),
  );
  const [touched, setTouched] = useState<ReadonlySet<string>>(new Set());
  const id = useId();
  const fields = props.fields.filter((field) => field.when?.(values) ?? true);
  const problems = new Map(
    fields.map((field) => [field.name, problemOf(field, values[field.name])] as const),
  );
  const ready = [...problems.values()].every((problem) => problem === null);
  const collect = (): V => {
    const pairs = fields.map((field) => [field.name, sent(field, values[field.name])] as const);
    return Object.fromEntries(pairs.filter(([, value]) => value !== undefined)) as V;
  };
  const set = (name: string, value: unknown): void => {
    setValues((before) => ({ ...before, [name]: value }));
    setTouched((before) => new Set(before).add(name));
  };
  return (
    <ConfirmDialog
      title={props.title}
      text={props.text}
      danger={props.danger}
      note={props.note}
      confirmText={props.confirmText ?? t('action.save')}
      ready={ready}
      onConfirm={(note, key) => props.onSubmit(collect(), key, note)}
      onClose={props.onClose}
    >
      {fields.map((field) => {
        const problem = touched.has(field.name) ? problems.get(field.name) : null;
        const inputId = `${id}-${field.name}`;
        return (
          <div key={field.name} style={{ display: 'grid', gap: 4 }}>
            <label htmlFor={inputId}>
              {field.label}
              {field.optional && <span className="muted"> {t('form.optional')}</span>}
            </label>
            <FieldInput
              field={field}
              id={inputId}
              value={values[field.name]}
              invalid={Boolean(problem)}
              onChange={(value) => set(field.name, value)}
            />
            {problem ? (
              <span role="alert" style={{ color: 'var(--fault-ink)' }}>
                {t(`form.${problem}`)} {problem === 'misfit' && field.hint}
              </span>
            ) : (
              field.hint && <span className="muted">{field.hint}</span>
            )}
          </div>
        );
      })}
      {ready && props.preview?.(collect())}
    </ConfirmDialog>
  );
}

function FieldInput<V>(props: {
  field: FormField<V>;
  id: string;
  value: unknown;
  invalid: boolean;
  onChange: (value: unknown) => void;
}) {
  const { field, onChange } = props;
  const shared = {
    id: props.id,
    status: props.invalid ? ('error' as const) : undefined,
    'data-testid': `field-${field.name}`,
  };
  const text = typeof props.value === 'string' ? props.value : '';
  switch (field.kind) {
    case 'area':
    case 'json':
      return (
        <Input.TextArea
          {...shared}
          rows={field.rows ?? 4}
          className={field.kind === 'json' || field.mono ? 'mono' : undefined}
          maxLength={field.kind === 'area' ? field.max : undefined}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
    case 'number':
    case 'yuan':
    case 'percent':
      return (
        <InputNumber
          {...shared}
          style={{ width: '100%' }}
          min={field.min}
          max={field.max}
          precision={field.kind === 'number' ? undefined : 2}
          value={typeof props.value === 'number' ? props.value : null}
          onChange={onChange}
        />
      );
    case 'select':
      return (
        <Select
          {...shared}
          showSearch={{ optionFilterProp: 'label' }}
          allowClear={field.optional}
          value={text || undefined}
          options={[...field.options]}
          onChange={onChange}
        />
      );
    case 'multi':
      return (
        <Select
          {...shared}
          mode={field.free ? 'tags' : 'multiple'}
          showSearch={{ optionFilterProp: 'label' }}
          value={Array.isArray(props.value) ? (props.value as string[]) : []}
          options={[...field.options]}
          onChange={onChange}
        />
      );
    case 'switch':
      return (
        <span>
          <Switch id={props.id} checked={Boolean(props.value)} onChange={onChange} />
        </span>
      );
    default:
      return (
        <Input
          {...shared}
          type={INPUT_TYPES[field.kind]}
          autoComplete={field.kind === 'password' ? 'new-password' : 'off'}
          maxLength={field.max}
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      );
  }
}
