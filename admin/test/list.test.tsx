import { screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { useState } from 'react';
import { expect, test } from 'vitest';
import { ListPage } from '../src/components/ui/list-page.js';
import type { Page } from '../src/lib/api/answers.js';
import { useListQuery } from '../src/lib/lists/use-list-query.js';
import { renderPage } from './render.js';

type Row = { id: string };
const SORT = { sort: 'id', order: 'asc' } as const;
const rowsOf = (page: number): Page<Row> => ({ items: [{ id: `row-${page}` }], total: 60 });

function List(props: { read: (query: { _page: number }) => Promise<Page<Row>> }) {
  const [page, setPage] = useState(1);
  const search = { page };
  const query = useListQuery<Row, { _page: number }>({ name: 'rows', search, sort: SORT, read: props.read });
  return (
    <>
      <ListPage<Row>
        title="Rows"
        route="/orders"
        search={search}
        filters={[]}
        sorts={[]}
        columns={[{ key: 'id', title: 'Row', render: (_, row) => row.id }]}
        query={query}
        card={(row) => row.id}
        bulk={[{ label: 'Settle', text: String, run: async () => undefined }]}
        export={{ fileName: 'rows', read: (number) => props.read({ _page: number }), columns: [] }}
      />
      <button type="button" onClick={() => setPage(page + 1)}>
        turn
      </button>
    </>
  );
}

test('the next page of a list is read ahead and shown without waiting for the hub', async () => {
  const asked: number[] = [];
  renderPage(
    <List
      read={({ _page }) => {
        asked.push(_page);
        // A second answer about a page never comes.
        return asked.filter((page) => page === _page).length > 1
          ? new Promise(() => {})
          : Promise.resolve(rowsOf(_page));
      }}
    />,
  );
  await screen.findByText('row-1');
  await waitFor(() => expect(asked).toEqual([1, 2]));
  await userEvent.click(screen.getByRole('button', { name: 'turn' }));
  await screen.findByText('row-2');
  expect(screen.queryByText('row-1')).toBeNull();
});

test('a row that is chosen stays chosen and offers what can be done with it', async () => {
  renderPage(<List read={({ _page }) => Promise.resolve(rowsOf(_page))} />);
  await screen.findByText('row-1');
  const box = screen.getByRole('checkbox', { name: /row-1/ });
  await userEvent.click(box);
  await screen.findByRole('button', { name: 'Settle' });
  expect((screen.getByRole('checkbox', { name: /row-1/ }) as HTMLInputElement).checked).toBe(true);
});
