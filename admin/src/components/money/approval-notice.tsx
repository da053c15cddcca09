import { Link } from '@tanstack/react-router';
import type { Translate } from '../../lib/i18n/create-i18n.js';
import type { Revealed } from '../ui/act.js';

const ACCEPTED = 202;

/** What is shown when the hub took a request on record instead of doing it: a second person decides. */
export function approvalNotice(t: Translate, answer: { response: Response }): Revealed | undefined {
  if (answer.response.status !== ACCEPTED) return undefined;
  return {
    title: t('approval.needed'),
    reveal: (
      <p data-testid="approval-needed">
        {t('approval.needed.text')}{' '}
        <Link to="/finance/approvals" search={{ filter: { state: 'pending' } }}>
          {t('finance.approvals')}
        </Link>
      </p>
    ),
  };
}
