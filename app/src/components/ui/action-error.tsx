import { ApiError, errorCode, OfflineError } from '@voltbay/protocol/client';
import { useT } from '../../lib/i18n/create-i18n.js';
import { Notice } from './states.js';

/** Why something was not done. After a lost answer it says that trying again is safe. */
export function ActionError(props: { error: unknown }) {
  const t = useT();
  if (props.error === null) return null;
  const unsure =
    props.error instanceof OfflineError || (props.error instanceof ApiError && props.error.status >= 500);
  const reason = props.error instanceof ApiError ? props.error.problem.reason : undefined;
  const title = t.code('error', errorCode(props.error), 'error.UNEXPECTED');
  return (
    <Notice
      tone={unsure ? 'charging' : 'fault'}
      icon={unsure ? 'clock' : 'alert'}
      title={reason === undefined ? title : t.codeOr('reason', reason, title)}
      text={unsure ? t('action.safeAgain') : undefined}
    />
  );
}
