import { useQuery } from '@tanstack/react-query';
import { formatFen } from '@voltbay/protocol/client';
import { Button, Modal } from 'antd';
import { useState } from 'react';
import { DataTable } from '../../components/ui/data-table.js';
import { body } from '../../lib/api/answers.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePreferences } from '../../lib/preferences.js';
import { useServices } from '../../lib/services.js';

/** Requests a day of one key and what they cost. */
export function KeyUsage(props: { id: string; name: string }) {
  const t = useT();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button size="small" onClick={() => setOpen(true)} aria-label={`${t('key.usage')} ${props.name}`}>
        {t('key.usage')}
      </Button>
      {open && (
        <Modal
          open
          title={`${t('key.usage')} · ${props.name}`}
          footer={<Button onClick={() => setOpen(false)}>{t('action.close')}</Button>}
          onCancel={() => setOpen(false)}
        >
          <Days id={props.id} />
        </Modal>
      )}
    </>
  );
}

function Days(props: { id: string }) {
  const t = useT();
  const { language } = usePreferences();
  const { hub } = useServices();
  const query = useQuery({
    queryKey: ['key-usage', props.id],
    queryFn: async ({ signal }) =>
      body(
        await hub.client.GET('/core/v0/api-keys/{id}/usage', { params: { path: { id: props.id } }, signal }),
      ),
  });
  return (
    <>
      {query.data && (
        <p>
          {t('key.usage.sum', {
            requests: query.data.requests,
            amount: formatFen(query.data.amountFen, language),
          })}
        </p>
      )}
      <DataTable
        rows={query.data?.days.map((day) => ({ ...day, id: day.day }))}
        error={query.error}
        columns={[
          { title: t('key.day'), cell: (row) => row.day },
          { title: t('key.requests'), right: true, cell: (row) => row.requests },
        ]}
      />
    </>
  );
}
