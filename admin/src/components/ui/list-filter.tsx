import { Input, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import type { FilterChoice } from './list-page.js';
import styles from './list-page.module.css';

type Values = Record<string, string>;
const DAY = 10;

/** One filter of a list; `onChange` gets all filters as they then are. */
export function ListFilter(props: {
  filter: FilterChoice;
  values: Values;
  onChange: (values: Values) => void;
}) {
  const t = useT();
  const { filter, values } = props;
  const put = (field: string, value: string | undefined): void => {
    const { [field]: _, ...rest } = values;
    props.onChange(value ? { ...rest, [field]: value } : rest);
  };
  if (filter.days) {
    const from = `${filter.field}_gte`;
    const to = `${filter.field}_lte`;
    return (
      <span className={styles.days}>
        <DayInput
          label={t('list.from', { what: filter.label })}
          value={values[from]}
          end={false}
          onChange={(value) => put(from, value)}
        />
        –
        <DayInput
          label={t('list.to', { what: filter.label })}
          value={values[to]}
          end
          onChange={(value) => put(to, value)}
        />
      </span>
    );
  }
  if (!filter.options)
    return (
      <TextFilter
        label={filter.label}
        value={values[filter.field] ?? ''}
        onChange={(value) => put(filter.field, value)}
      />
    );
  return (
    <Select
      allowClear
      className={styles.filter}
      aria-label={filter.label}
      placeholder={filter.label}
      value={values[filter.field]}
      options={[...filter.options]}
      onChange={(value?: string) => put(filter.field, value)}
    />
  );
}

/** A day of this computer's zone; the list gets its first or last moment. */
function DayInput(props: {
  label: string;
  value: string | undefined;
  end: boolean;
  onChange: (value: string | undefined) => void;
}) {
  const at = props.value ? new Date(props.value) : null;
  const day = at ? new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, DAY) : '';
  return (
    <Input
      type="date"
      className={styles.day}
      aria-label={props.label}
      value={day}
      onChange={(event) => {
        const { value } = event.target;
        props.onChange(
          value ? new Date(`${value}T${props.end ? '23:59:59.999' : '00:00:00'}`).toISOString() : undefined,
        );
      }}
    />
  );
}

function TextFilter(props: { label: string; value: string; onChange: (value: string) => void }) {
  const [text, setText] = useState(props.value);
  useEffect(() => setText(props.value), [props.value]);
  return (
    <Input
      allowClear
      className={styles.day}
      aria-label={props.label}
      placeholder={props.label}
      value={text}
      maxLength={80}
      onChange={(event) => {
        setText(event.target.value);
        if (event.target.value === '') props.onChange('');
      }}
      onPressEnter={() => props.onChange(text.trim())}
      onBlur={() => text.trim() !== props.value && props.onChange(text.trim())}
    />
  );
}
