import { errorCode } from '@voltbay/protocol/client';
import { Button } from 'antd';
import { useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import { ConfirmDialog } from './confirm-dialog.js';
import type { BulkAction } from './list-page.js';
import styles from './list-page.module.css';

/** Does one thing to every chosen row, one after the other. What was refused stays chosen, with the reason. */
export function BulkBar<T extends { id: string }>(props: {
  actions: readonly BulkAction<T>[];
  rows: readonly T[];
  onDone: () => void;
}) {
  const t = useT();
  const { queryClient } = useServices();
  const [asking, setAsking] = useState<BulkAction<T> | null>(null);
  const [outcome, setOutcome] = useState<string | null>(null);
  const { rows } = props;

  async function run(action: BulkAction<T>, note: string): Promise<void> {
    const refused: string[] = [];
    for (const row of rows) {
      try {
        await action.run(row, note);
      } catch (cause) {
        refused.push(`${row.id}: ${t.code('error', errorCode(cause))}`);
      }
    }
    await queryClient.invalidateQueries();
    if (refused.length === 0) props.onDone();
    else setOutcome(t('bulk.partly', { done: rows.length - refused.length, refused: refused.join('; ') }));
  }

  return (
    <section className={styles.bulk} aria-label={t('bulk.chosen', { count: rows.length })}>
      <b>{t('bulk.chosen', { count: rows.length })}</b>
      {props.actions.map((action) => (
        <Button
          key={action.label}
          size="small"
          danger={action.danger}
          onClick={() => setAsking(action)}
          data-testid="bulk-action"
        >
          {action.label}
        </Button>
      ))}
      <Button size="small" type="text" onClick={props.onDone}>
        {t('action.cancel')}
      </Button>
      {outcome && <span role="alert">{outcome}</span>}
      {asking && (
        <ConfirmDialog
          title={asking.label}
          text={asking.text(rows.length)}
          danger={asking.danger}
          confirmText={asking.label}
          note={asking.note === undefined ? undefined : { label: asking.note }}
          onConfirm={(note) => run(asking, note)}
          onClose={() => setAsking(null)}
        />
      )}
    </section>
  );
}
