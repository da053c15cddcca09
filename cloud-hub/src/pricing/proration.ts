const DAY_MS = 86_400_000;

/** What is given back of a period that ends early: whole unused days, rounded down to the fen. The day that has begun is used. */
export function proratePeriod(period: {
  amountFen: number;
  startsAt: string;
  endsAt: string;
  at: string;
}): number {
  const [from, to, at] = [Date.parse(period.startsAt), Date.parse(period.endsAt), Date.parse(period.at)];
  const days = Math.round((to - from) / DAY_MS);
  if (days <= 0 || at >= to) return 0;
  const used = at < from ? 0 : Math.floor((at - from) / DAY_MS) + 1;
  return Math.floor((period.amountFen * Math.max(0, days - used)) / days);
}

/** What is given back of a bundle: the swaps that are left, rounded down to the fen. */
export const prorateBundle = (bundle: { amountFen: number; swaps: number; swapsLeft: number }): number =>
  bundle.swaps <= 0
    ? 0
    : Math.floor((bundle.amountFen * Math.min(bundle.swaps, Math.max(0, bundle.swapsLeft))) / bundle.swaps);

/** The end of a period: so many days or calendar months later, in UTC; a month from the 31st ends on the last day. */
export function periodEnd(startsAt: string, length: { days: number } | { months: number }): string {
  const start = new Date(startsAt);
  if ('days' in length) return new Date(start.getTime() + length.days * DAY_MS).toISOString();
  const end = new Date(start);
  end.setUTCDate(1);
  end.setUTCMonth(end.getUTCMonth() + length.months);
  const lastDay = new Date(Date.UTC(end.getUTCFullYear(), end.getUTCMonth() + 1, 0)).getUTCDate();
  end.setUTCDate(Math.min(start.getUTCDate(), lastDay));
  return end.toISOString();
}
