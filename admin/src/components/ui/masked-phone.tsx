import { useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';

/** `138****0001`: enough to recognise, not enough to call. */
export const maskPhone = (phone: string): string =>
  phone.length < 7 ? '****' : `${phone.slice(0, -8)}****${phone.slice(-4)}`;

/** A phone number that is covered until somebody needs it; leaving the page covers it again. */
export function MaskedPhone(props: { phone: string | undefined; revealable?: boolean }) {
  const t = useT();
  const [shown, setShown] = useState(false);
  if (!props.phone) return <span className="muted">–</span>;
  return (
    <span data-testid="phone" style={{ whiteSpace: 'nowrap' }}>
      <span className="mono">{shown ? props.phone : maskPhone(props.phone)}</span>
      {props.revealable && (
        <>
          {' '}
          <button
            type="button"
            className="link-button"
            aria-pressed={shown}
            onClick={() => setShown((before) => !before)}
          >
            {t(shown ? 'user.phone.hide' : 'user.phone.show')}
          </button>
        </>
      )}
    </span>
  );
}
