/** `138****0001`: enough to recognise, not enough to call. */
export const maskPhone = (phone: string): string =>
  phone.length < 7 ? '****' : `${phone.slice(0, -8)}****${phone.slice(-4)}`;

/** A phone number that stays covered. */
export function MaskedPhone(props: { phone: string | undefined }) {
  if (!props.phone) return <span className="muted">–</span>;
  return (
    <span className="mono" data-testid="phone" style={{ whiteSpace: 'nowrap' }}>
      {maskPhone(props.phone)}
    </span>
  );
}
