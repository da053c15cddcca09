import { ageOf } from '@voltbay/protocol/client';
import { useEffect, useState } from 'react';
import { useT } from '../../lib/i18n/create-i18n.js';

/** The time, renewed every `everyMs`. */
export function useNow(everyMs = 1_000): number {
  const [now, setNow] = useState(() => Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), everyMs);
    return () => clearInterval(timer);
  }, [everyMs]);
  return now;
}

/** "2 min ago" in words. */
export function useAge(): (thenMs: number) => string {
  const t = useT();
  const now = useNow(5_000);
  return (thenMs) => {
    const age = ageOf(thenMs, now);
    return t(`age.${age.unit}`, { value: age.value });
  };
}
