/** What one question took, over all times it was asked. */
export type QuestionTime = { address: string; status: number; p50Ms: number; p95Ms: number };

const DAY_MS = 86_400_000;

/** What costs more than a page: books up to a time, a text that few, many and no documents contain, a month's figures. */
export function cityQuestions(nowMs: number): string[] {
  const at = (daysAgo: number) => new Date(nowMs - daysAgo * DAY_MS).toISOString();
  const month = `from=${at(30)}&to=${at(0)}`;
  const inAMonth = at(40.3);
  return [
    '/core/v0/ledger/accounts',
    '/core/v0/ledger/accounts?by=account&_limit=1000',
    `/core/v0/ledger/accounts?until=${inAMonth}`,
    `/core/v0/ledger/accounts?by=account&until=${inAMonth}&_limit=1000&_page=2`,
    ...['wechat', 'rider', 'nobody'].map((text) => `/core/v0/ledger/entries?account_like=${text}`),
    ...['u-', '77', 'nobody'].map((text) => `/core/v0/orders?userId_like=${text}`),
    `/core/v0/analytics/heat-map?${month}`,
    `/core/v0/analytics/ranking?${month}`,
    `/core/v0/analytics/summary?${month}`,
    `/core/v0/analytics/series?${month}`,
    `/core/v0/analytics/series?${month}&by=station`,
    `/core/v0/analytics/series?from=${at(7)}&to=${at(0)}&period=hour`,
  ];
}

/** Asks each question in turn, `rounds` times after one that is not counted, as one operator. */
export async function measureQuestions(options: {
  baseUrl: string;
  token: string;
  nowMs: number;
  rounds: number;
}): Promise<QuestionTime[]> {
  const questions = cityQuestions(options.nowMs).map((address) => ({
    address,
    status: 0,
    times: [] as number[],
  }));
  for (let round = 0; round <= options.rounds; round += 1)
    for (const question of questions) {
      const startedAt = performance.now();
      const answer = await fetch(`${options.baseUrl}${question.address}`, {
        headers: { Authorization: `Bearer ${options.token}` },
      });
      await answer.arrayBuffer();
      question.status = answer.status;
      if (round > 0) question.times.push(performance.now() - startedAt);
    }
  return questions.map(({ address, status, times }) => {
    times.sort((a, b) => a - b);
    const quantile = (share: number) =>
      Math.round((times[Math.ceil(times.length * share) - 1] ?? 0) * 10) / 10;
    return { address, status, p50Ms: quantile(0.5), p95Ms: quantile(0.95) };
  });
}
