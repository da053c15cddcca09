import { useNavigate } from '@tanstack/react-router';
import { Input, Pagination, Select, Table, type TableColumnsType, type TableProps } from 'antd';
import { useDeferredValue, useEffect, useMemo, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import { DEFAULT_PAGE_SIZE, isFiltered, type ListSearch, PAGE_SIZES } from '../../lib/list-search.js';
import { useListPreferences } from '../../lib/lists/list-preferences.js';
import { useNarrow } from '../../lib/use-narrow.js';
import type { ListRoute } from '../../routes/paths.js';
import { BulkBar } from './bulk-bar.js';
import { ExportButton, type ListExport } from './export-button.js';
import { ListFilter } from './list-filter.js';
import styles from './list-page.module.css';
import { ColumnChoice, SavedViews } from './list-tools.js';
import { PageHead } from './page.js';
import { EmptyPanel, ErrorPanel, LoadingPanel, StaleBar } from './states.js';

/** A filter of a list: one of some values, a text that must match, or days from and to (`field_gte`, `field_lte`). */
export type FilterChoice = {
  field: string;
  label: string;
  options?: readonly { value: string; label: string }[];
  days?: boolean;
};
/** What can be done with several rows at once; one after the other, and it says where it stopped. */
export type BulkAction<T> = {
  label: string;
  text: (count: number) => string;
  danger?: boolean;
  /** Label of a note that is asked for and given to every one. */
  note?: string;
  run: (row: T, note: string) => Promise<unknown>;
};

type ListPageProps<T extends { id: string }> = {
  title: string;
  route: ListRoute;
  /** Pages beside this one. */
  tabs?: React.ReactNode;
  actions?: React.ReactNode;
  search: ListSearch;
  /** Lists that the hub does not search by text have none. */
  searchLabel?: string;
  filters: FilterChoice[];
  sorts: { value: string; label: string }[];
  columns: TableColumnsType<T>;
  /** One row as a card, for narrow screens. */
  card: (row: T) => React.ReactNode;
  onOpen?: (row: T) => void;
  export: ListExport<T>;
  bulk?: readonly BulkAction<T>[];
  query: {
    data?: { items: T[]; total: number };
    error: unknown;
    isPending: boolean;
    isFetching: boolean;
    refetch: () => unknown;
  };
};

/** A list with server paging, sorting and filters kept in the URL; cards instead of a table on a phone. */
export function ListPage<T extends { id: string }>(props: ListPageProps<T>) {
  const t = useT();
  const narrow = useNarrow();
  const navigate = useNavigate();
  const { search, query } = props;
  const go = (patch: Partial<ListSearch>): void =>
    void navigate({ to: props.route, search: { ...search, page: undefined, ...patch }, replace: true });

  const { preferences, change } = useListPreferences(props.route);
  const titled = props.columns.map((column) => ({ key: String(column.key), title: String(column.title) }));
  const shown = props.columns.filter(
    (column, index) => index === 0 || !preferences.hidden.includes(String(column.key)),
  );
  const data = query.data;
  const filtered = isFiltered(search);
  const [chosen, setChosen] = useState<readonly string[]>([]);
  const bulk = props.bulk ?? [];
  const chosenRows = data?.items.filter(({ id }) => chosen.includes(id)) ?? [];

  return (
    <>
      <PageHead
        title={props.title}
        meta={data && <span data-testid="total">{t('list.total', { total: data.total })}</span>}
        actions={props.actions}
      />
      {props.tabs}
      <search className={styles.toolbar}>
        {props.searchLabel !== undefined && (
          <SearchBox label={props.searchLabel} value={search.q ?? ''} onSearch={(q) => go({ q })} />
        )}
        {props.filters.map((filter) => (
          <ListFilter
            key={filter.field}
            filter={filter}
            values={search.filter ?? {}}
            onChange={(next) => go({ filter: next })}
          />
        ))}
        {narrow && (
          <Select
            className={styles.filter}
            aria-label={t('list.sort')}
            placeholder={t('list.sort')}
            value={search.sort}
            allowClear
            options={props.sorts}
            onChange={(value?: string) => go({ sort: value, order: undefined })}
          />
        )}
        <span className={styles.tools}>
          <SavedViews
            search={search}
            views={preferences.views}
            onOpen={(view) => void navigate({ to: props.route, search: view })}
            onChange={(views) => change({ views })}
          />
          {!narrow && (
            <ColumnChoice
              columns={titled}
              hidden={preferences.hidden}
              onChange={(hidden) => change({ hidden })}
            />
          )}
          <ExportButton export={props.export} />
        </span>
      </search>
      {chosenRows.length > 0 && (
        <BulkBar
          actions={bulk}
          rows={chosenRows}
          onAll={() => setChosen(data?.items.map(({ id }) => id) ?? [])}
          onDone={() => setChosen([])}
        />
      )}
      {query.error !== null && query.error !== undefined && data && <StaleBar>{t('state.offline')}</StaleBar>}
      {!data && query.error ? (
        <ErrorPanel error={query.error} onRetry={() => void query.refetch()} />
      ) : !data ? (
        <LoadingPanel rows={8} />
      ) : data.items.length === 0 ? (
        <EmptyPanel
          action={
            filtered && (
              <button
                type="button"
                className={styles.clear}
                onClick={() => go({ q: undefined, filter: undefined })}
              >
                {t('action.clearFilters')}
              </button>
            )
          }
        >
          {t(filtered ? 'state.emptyFiltered' : 'state.empty')}
        </EmptyPanel>
      ) : narrow ? (
        <Cards {...props} items={data.items} total={data.total} go={go} />
      ) : (
        <div className={styles.table}>
          <CalmTable<T>
            size="small"
            rowKey="id"
            columns={shown.map((column) => ({
              ...column,
              sortOrder: column.key === search.sort ? (search.order === 'desc' ? 'descend' : 'ascend') : null,
            }))}
            dataSource={data.items}
            rowSelection={
              bulk.length > 0
                ? {
                    selectedRowKeys: [...chosen],
                    onChange: (keys) => setChosen(keys.map(String)),
                    // antd repeats the head's box in a hidden row that keys still reach.
                    hideSelectAll: true,
                    getCheckboxProps: (row) => ({ 'aria-label': t('bulk.row', { id: row.id }) }),
                  }
                : undefined
            }
            onRow={(row) => (props.onOpen ? { onClick: () => props.onOpen?.(row) } : {})}
            rowClassName={() => (props.onOpen ? (styles.row ?? '') : '')}
            onChange={(_page, _filters, sorter, { action }) => {
              if (action !== 'sort' || Array.isArray(sorter)) return;
              const order = sorter.order === 'descend' ? 'desc' : 'asc';
              go(
                sorter.order
                  ? { sort: String(sorter.columnKey), order }
                  : { sort: undefined, order: undefined },
              );
            }}
            pagination={false}
            scroll={{ x: 'max-content' }}
          />
          {data.total > DEFAULT_PAGE_SIZE && (
            <Pagination
              size="small"
              align="end"
              className={styles.pages}
              current={search.page ?? 1}
              pageSize={search.size ?? DEFAULT_PAGE_SIZE}
              pageSizeOptions={PAGE_SIZES.map(String)}
              showSizeChanger
              total={data.total}
              onChange={(page, size) => go({ page, size: PAGE_SIZES.find((known) => known === size) })}
            />
          )}
        </div>
      )}
    </>
  );
}

/**
 * A table that lets the page answer a press first: its many cells are drawn after that, in pieces. A row that is chosen shows at once, its
 * box would jump back otherwise.
 */
function CalmTable<T>(props: TableProps<T>) {
  const deferred = useDeferredValue(props);
  const chosen = (of: TableProps<T>): number | undefined => of.rowSelection?.selectedRowKeys?.length;
  const shown = chosen(deferred) === chosen(props) ? deferred : props;
  return useMemo(() => <Table<T> {...shown} />, [shown]);
}

/** Keeps what is being typed to itself: a letter does not draw the table anew. */
function SearchBox(props: { label: string; value: string; onSearch: (q: string | undefined) => void }) {
  const { label, value, onSearch } = props;
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  return (
    <Input.Search
      allowClear
      className={styles.search}
      aria-label={label}
      placeholder={label}
      value={text}
      onChange={(event) => {
        setText(event.target.value);
        if (event.target.value === '') onSearch(undefined);
      }}
      onSearch={(said) => onSearch(said.trim() || undefined)}
    />
  );
}

function Cards<T extends { id: string }>(
  props: ListPageProps<T> & { items: T[]; total: number; go: (patch: Partial<ListSearch>) => void },
) {
  const { search, total, go } = props;
  const size = search.size ?? DEFAULT_PAGE_SIZE;
  const page = search.page ?? 1;
  const pages = Math.max(1, Math.ceil(total / size));
  return (
    <>
      <ul className={styles.cards}>
        {props.items.map((row) => (
          <li key={row.id}>{props.card(row)}</li>
        ))}
      </ul>
      {pages > 1 && (
        <nav className={styles.pager}>
          <button type="button" aria-label="‹" disabled={page <= 1} onClick={() => go({ page: page - 1 })}>
            ‹
          </button>
          <span>
            {page} / {pages}
          </span>
          <button
            type="button"
            aria-label="›"
            disabled={page >= pages}
            onClick={() => go({ page: page + 1 })}
          >
            ›
          </button>
        </nav>
      )}
    </>
  );
}
