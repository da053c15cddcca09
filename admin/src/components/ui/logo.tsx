export function Logo() {
  return (
    <span
      style={{
        display: 'inline-flex',
        alignItems: 'center',
        gap: 8,
        fontWeight: 700,
        fontSize: 15,
        letterSpacing: '-0.01em',
      }}
    >
      <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
        <rect width="32" height="32" rx="8" fill="#2456c8" />
        <path d="M18.2 5 8.5 17.6h6L13 27l10-13.2h-6.3z" fill="#fff" />
      </svg>
      Voltbay
    </span>
  );
}
