import { useQuery } from '@tanstack/react-query';
import type { Station } from '@voltbay/protocol/api';
import { ApiError, errorCode, OfflineError } from '@voltbay/protocol/client';
import { Button, Checkbox, Input, Modal } from 'antd';
import { useId, useState } from 'react';
import { AgeText } from '../../components/ui/age.js';
import { StaleBar } from '../../components/ui/states.js';
import type { CommandRequest, HubCommand } from '../../lib/api/hub-api.js';
import { useT } from '../../lib/i18n/create-i18n.js';
import { useServices } from '../../lib/services.js';
import styles from './command-dialog.module.css';

export type CommandIntent =
  | { name: 'SERVER_ASK_INFO' }
  | { name: 'SERVER_ASK_RESTART' }
  | { name: 'SERVER_OPEN_SLOT'; slot: number };

/** Settled as far as the hub knows; `unknown` may still be followed by evidence. */
const SETTLED: ReadonlySet<HubCommand['state']> = new Set([
  'done',
  'failed',
  'rejected',
  'expired',
  'unknown',
]);
const STAGE_KEYS = ['sent', 'received', 'started', 'done'] as const;
const STAGES: readonly string[] = STAGE_KEYS;
/** Live events carry the state; this is the safety net when the line is down. */
const POLL_MS = 2_000;
const MIN_REASON = 3;

type Sent =
  | { kind: 'asking' }
  | { kind: 'sending' }
  | { kind: 'sent'; id: string }
  | { kind: 'error'; error: unknown };

/** Ask, confirm, follow, and say honestly how it ended: also when nobody can know yet. */
export function CommandDialog(props: { station: Station; intent: CommandIntent; onClose: () => void }) {
  const t = useT();
  const { hub, queryClient } = useServices();
  const { intent } = props;
  const [sent, setSent] = useState<Sent>({ kind: 'asking' });
  const [reason, setReason] = useState('');
  const [force, setForce] = useState(false);
  // One key for this dialog: pressing twice, or again after a lost answer, is still one command.
  const [idempotencyKey] = useState(() => crypto.randomUUID());
  const reasonId = useId();
  const command = useQuery({
    queryKey: ['command', sent.kind === 'sent' ? sent.id : ''],
    queryFn: ({ signal }) => hub.command(sent.kind === 'sent' ? sent.id : '', signal),
    enabled: sent.kind === 'sent',
    refetchInterval: ({ state }) => (state.data && SETTLED.has(state.data.state) ? false : POLL_MS),
  });

  const needsReason = intent.name === 'SERVER_OPEN_SLOT';
  const ready = !needsReason || reason.trim().length >= MIN_REASON;

  async function send(): Promise<void> {
    setSent({ kind: 'sending' });
    try {
      const created = await hub.sendCommand(
        props.station.id,
        requestFor(intent, reason.trim(), force),
        idempotencyKey,
      );
      queryClient.setQueryData(['command', created.id], created);
      setSent({ kind: 'sent', id: created.id });
    } catch (error) {
      setSent({ kind: 'error', error });
    }
  }

  const confirmText =
    intent.name === 'SERVER_OPEN_SLOT'
      ? t('command.confirmOpen', { slot: intent.slot })
      : t(intent.name === 'SERVER_ASK_RESTART' ? 'command.confirmRestart' : 'command.send');

  return (
    <Modal
      open
      destroyOnHidden
      width={440}
      title={`${t(`command.${intent.name}`)} · ${props.station.name}`}
      onCancel={props.onClose}
      footer={
        sent.kind === 'asking' || sent.kind === 'sending' ? (
          <>
            <Button onClick={props.onClose}>{t('action.cancel')}</Button>
            <Button
              type="primary"
              danger={intent.name !== 'SERVER_ASK_INFO'}
              disabled={!ready}
              loading={sent.kind === 'sending'}
              onClick={() => void send()}
              data-testid="confirm-command"
            >
              {confirmText}
            </Button>
          </>
        ) : (
          <Button onClick={props.onClose}>{t('action.close')}</Button>
        )
      }
    >
      {(sent.kind === 'asking' || sent.kind === 'sending') && (
        <div className={styles.ask}>
          <p>
            {intent.name === 'SERVER_OPEN_SLOT'
              ? t('command.openSlot.text', { slot: intent.slot })
              : t(intent.name === 'SERVER_ASK_RESTART' ? 'command.restart.text' : 'command.info.text')}
          </p>
          {needsReason && (
            <>
              <label htmlFor={reasonId}>{t('command.openSlot.reason')}</label>
              <Input.TextArea
                id={reasonId}
                autoFocus
                rows={2}
                maxLength={500}
                value={reason}
                placeholder={t('command.openSlot.reasonHint')}
                onChange={(event) => setReason(event.target.value)}
              />
            </>
          )}
          {intent.name === 'SERVER_ASK_RESTART' && (
            <Checkbox checked={force} onChange={(event) => setForce(event.target.checked)}>
              {t('command.restart.force')}
            </Checkbox>
          )}
        </div>
      )}
      {sent.kind === 'sent' && command.data && <CommandProgress command={command.data} />}
      {sent.kind === 'error' && <SendFailure error={sent.error} />}
    </Modal>
  );
}

function requestFor(intent: CommandIntent, reason: string, force: boolean): CommandRequest {
  switch (intent.name) {
    case 'SERVER_OPEN_SLOT':
      return { name: 'SERVER_OPEN_SLOT', slot: intent.slot, reason };
    case 'SERVER_ASK_RESTART':
      return force ? { name: 'SERVER_ASK_RESTART', force } : { name: 'SERVER_ASK_RESTART' };
    case 'SERVER_ASK_INFO':
      return { name: 'SERVER_ASK_INFO' };
  }
}

function SendFailure(props: { error: unknown }) {
  const t = useT();
  // No answer is not the same as no: the hub may have sent it.
  if (props.error instanceof OfflineError || errorCode(props.error) === 'OUTCOME_UNKNOWN') {
    return <StaleBar>{t('command.noAnswer')}</StaleBar>;
  }
  const reason = props.error instanceof ApiError ? props.error.problem.reason : undefined;
  return (
    <StaleBar tone="fault">
      {t.code('error', errorCode(props.error))}
      {reason && ` · ${t.code('reason', reason)}`}
    </StaleBar>
  );
}

export function CommandProgress(props: { command: HubCommand }) {
  const t = useT();
  const { command } = props;
  const settled = SETTLED.has(command.state);
  const good = command.state === 'done';
  const reached = Math.max(
    ...[command.state, ...command.history.map((entry) => entry.state)].map((state) => STAGES.indexOf(state)),
  );
  return (
    <div className={styles.progress} data-testid="command-progress" data-state={command.state}>
      <ol className={styles.stages}>
        {STAGE_KEYS.map((stage, index) => (
          <li key={stage} data-done={index <= reached} data-now={!settled && index === reached + 1}>
            {t(`command.state.${stage}`)}
          </li>
        ))}
      </ol>
      <p
        className={styles.outcome}
        data-tone={good ? 'ready' : command.state === 'unknown' ? 'charging' : settled ? 'fault' : 'swap'}
        role="status"
      >
        <b>{t(`command.state.${command.state}`)}</b>
        {command.reason && <span>{t.code('reason', command.reason)}</span>}
        {command.detail && <span>{command.detail}</span>}
        {command.state === 'unknown' && <span>{t('command.unknown.text')}</span>}
      </p>
      <p className="muted">
        <span className="mono">{command.id}</span> · <AgeText at={command.settledAt ?? command.issuedAt} />
      </p>
    </div>
  );
}
