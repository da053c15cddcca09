import { Link, type LinkProps, useNavigate, useSearch } from '@tanstack/react-router';
import { formatFen, type SlotTone } from '@voltbay/protocol/client';
import type { TableColumnsType } from 'antd';
import type { Page } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { exportQuery } from '../../lib/list-search.js';
import type { CsvColumn } from '../../lib/lists/csv.js';
import { useListQuery } from '../../lib/lists/use-list-query.js';
import { usePreferences } from '../../lib/preferences.js';
import type { ListRoute } from '../../routes/paths.js';
import { TimeText } from './age.js';
import cardStyles from './list-card.module.css';
import { type BulkAction, type FilterChoice, ListPage } from './list-page.js';
import { ToneTag } from './tag.js';

/** One column of a list: `value` goes into exports and is what is shown, unless `show` shows it better. */
export type Field<T> = {
  key: string;
  title: string;
  value: CsvColumn<T>['value'];
  show?: (row: T) => React.ReactNode;
  /** The hub sorts by this key. */
  sort?: boolean;
  right?: boolean;
};
type Extra<T> = Partial<Pick<Field<T>, 'show' | 'sort'>>;

/** Makers of the usual columns. */
export function useFields<T>() {
  const { language } = usePreferences();
  return {
    text: (key: string, title: string, value: Field<T>['value'], extra?: Extra<T>): Field<T> => ({
      key,
      title,
      value,
      ...extra,
    }),
    number: (key: string, title: string, value: Field<T>['value'], extra?: Extra<T>): Field<T> => ({
      key,
      title,
      value,
      right: true,
      ...extra,
    }),
    code: (key: string, title: string, value: (row: T) => string | null | undefined): Field<T> => ({
      key,
      title,
      value,
      show: (row) => <span className="mono">{value(row) || '–'}</span>,
    }),
    time: (
      key: string,
      title: string,
      at: (row: T) => string | null | undefined,
      sort = false,
    ): Field<T> => ({
      key,
      title,
      value: at,
      sort,
      show: (row) => <TimeText at={at(row)} />,
    }),
    money: (key: string, title: string, fen: (row: T) => number | null | undefined): Field<T> => ({
      key,
      title,
      right: true,
      value: (row) => {
        const amount = fen(row);
        return amount === null || amount === undefined ? null : (amount / 100).toFixed(2);
      },
      show: (row) => {
        const amount = fen(row);
        return amount === null || amount === undefined ? '–' : formatFen(amount, language);
      },
    }),
    state: (key: string, title: string, word: (row: T) => string, tone: (row: T) => SlotTone): Field<T> => ({
      key,
      title,
      value: word,
      show: (row) => <ToneTag tone={tone(row)}>{word(row)}</ToneTag>,
    }),
  };
}

const CARD_FIELDS = 6;
const NEWEST = { sort: 'createdAt', order: 'desc' } as const;

function shown<T>(field: Field<T>, row: T): React.ReactNode {
  if (field.show) return field.show(row);
  const value = field.value(row);
  return value === null || value === undefined || value === '' ? '–' : String(value);
}

/** A list of one kind of record: table, cards and exports all from the same fields; the first field names the row, the second is its state. */
export function RecordList<T extends { id: string }, Query>(props: {
  title: string;
  /** Key of the query and name of exported files. */
  name: string;
  route: ListRoute;
  read: (query: Query, signal: AbortSignal) => Promise<Page<T>>;
  fields: readonly Field<T>[];
  sort?: { sort: string; order: 'asc' | 'desc' };
  filters?: FilterChoice[];
  searchLabel?: string;
  link?: (row: T) => LinkProps;
  /** Buttons of a row. */
  row?: (row: T) => React.ReactNode;
  bulk?: readonly BulkAction<T>[];
  tabs?: React.ReactNode;
  actions?: React.ReactNode;
  refreshMs?: number;
}) {
  const t = useT();
  const search = useSearch({ from: props.route });
  const navigate = useNavigate();
  const { fields, link, row: rowActions, read } = props;
  const sort = props.sort ?? NEWEST;
  const query = useListQuery<T, Query>({ name: props.name, search, sort, read, refreshMs: props.refreshMs });
  const head = (row: T): React.ReactNode => {
    const [first] = fields;
    if (!first) return null;
    return link ? (
      <Link {...link(row)} onClick={(event) => event.stopPropagation()}>
        {shown(first, row)}
      </Link>
    ) : (
      shown(first, row)
    );
  };
  const columns: TableColumnsType<T> = fields.map((field, index) => ({
    key: field.key,
    title: field.title,
    align: field.right ? 'right' : undefined,
    sorter: field.sort,
    render: (_, row) => (index === 0 ? head(row) : shown(field, row)),
  }));
  if (rowActions)
    columns.push({
      key: 'actions',
      fixed: 'right',
      title: t('list.actions'),
      render: (_, row) => <span style={{ display: 'flex', gap: 6 }}>{rowActions(row)}</span>,
    });
  return (
    <ListPage<T>
      title={props.title}
      route={props.route}
      search={search}
      searchLabel={props.searchLabel}
      filters={props.filters ?? []}
      sorts={fields.filter((field) => field.sort).map((field) => ({ value: field.key, label: field.title }))}
      columns={columns}
      query={query}
      tabs={props.tabs}
      actions={props.actions}
      bulk={props.bulk}
      onOpen={link && ((row) => void navigate(link(row) as Parameters<typeof navigate>[0]))}
      card={(row) => (
        <div className={cardStyles.card}>
          <div className={cardStyles.line}>
            <b>{head(row)}</b>
            {fields[1] && <span>{shown(fields[1], row)}</span>}
          </div>
          {fields.slice(2, CARD_FIELDS).map((field) => (
            <div key={field.key} className={cardStyles.line}>
              <span className="muted">{field.title}</span>
              <span className={cardStyles.value}>{shown(field, row)}</span>
            </div>
          ))}
          {rowActions && <div className={cardStyles.actions}>{rowActions(row)}</div>}
        </div>
      )}
      export={{
        fileName: props.name,
        read: (page, signal) => read(exportQuery<Query>(search, page, sort), signal),
        columns: fields.map(({ title, value }) => ({ title, value })),
      }}
    />
  );
}
