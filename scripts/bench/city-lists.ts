import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { measureQuestions } from '../../cloud-hub/bench/city-questions.js';
import { measureLists } from '../../cloud-hub/bench/rest-lists.js';
import { startHub } from './processes.js';
import type { RowContext } from './row.js';

const ROUNDS = 5;
/** The highest of a few is no 95th percentile: what seems late is asked often enough to have one. */
const CERTAIN_ROUNDS = 40;
/** A loaded machine ends with fewer rounds rather than never. */
const BUDGET_MS = 60_000;
/** What every list may take on the seeded city, 95 of 100 times. */
const LIST_P95_MS = 50;
/** What is asked seldom, and reads more than a page, may take. */
const QUESTION_P95_MS = 100;
/** How long the city may take to be written. */
const SEED_S = 60;

/**
 * Seeds the city of 30 stations and 90 days into a hub's embedded store and asks every list of the API in all its orders, and what
 * riders and operators search for; then the questions that cost more than a page. `fault` names what took too long.
 */
export async function measureCityLists(context: RowContext): Promise<{ note: string; fault: string | null }> {
  const dir = join(context.dir, 'city');
  const tenant = 'city';
  context.progress('seeding the city');
  const startedMs = performance.now();
  const seed = spawn(
    process.execPath,
    [
      join(context.root, 'cloud-hub', 'bin', 'voltbay-hub.mjs'),
      ...['seed', '--tenant', tenant, '--data', join(dir, 'hub'), '--json'],
    ],
    { stdio: 'ignore' },
  );
  const [code] = await once(seed, 'exit');
  if (code !== 0) throw new Error(`voltbay-hub seed ended with ${code}`);
  const seedS = Math.round((performance.now() - startedMs) / 100) / 10;
  const hub = await startHub(context.root, dir, { VOLTBAY_TENANT: tenant });
  try {
    const answer = await fetch(`${hub.ready.apiUrl}/auth/v1/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ grantType: 'password', username: 'admin', password: 'voltbay-demo' }),
    });
    if (!answer.ok) throw new Error(`the city's operator cannot sign in: ${answer.status}`);
    const { accessToken } = (await answer.json()) as { accessToken: string };
    context.progress('asking every list');
    const { lists, routes, rounds, p95Ms } = await measureLists({
      baseUrl: hub.ready.apiUrl,
      token: accessToken,
      rounds: ROUNDS,
      budgetMs: BUDGET_MS,
    });
    for (const route of routes)
      context.progress(
        `p95 ${route.p95Ms.toFixed(1)} ms, p50 ${route.p50Ms.toFixed(1)}, most ${route.maxMs.toFixed(1)} of ${route.requests}: ${route.path}`,
      );
    const [slowest] = routes;
    const refused = lists.filter(({ status }) => status !== 200 && status !== 403);
    const late: typeof routes = [];
    for (const { operationId } of routes.filter((route) => route.p95Ms > LIST_P95_MS)) {
      const again = await measureLists({
        baseUrl: hub.ready.apiUrl,
        token: accessToken,
        rounds: CERTAIN_ROUNDS,
        budgetMs: BUDGET_MS,
        only: operationId,
      });
      late.push(
        ...again.routes.filter((route) => route.operationId === operationId && route.p95Ms > LIST_P95_MS),
      );
    }
    const questions = await measureQuestions({
      baseUrl: hub.ready.apiUrl,
      token: accessToken,
      nowMs: Date.now(),
      rounds: CERTAIN_ROUNDS,
    });
    for (const { address, p50Ms, p95Ms: ownMs } of questions)
      context.progress(`p95 ${ownMs.toFixed(1)} ms, p50 ${p50Ms.toFixed(1)}: ${address}`);
    const slow = questions.filter((one) => one.status !== 200 || one.p95Ms > QUESTION_P95_MS);
    const heaviest = questions.reduce((worst, one) => (one.p95Ms > worst.p95Ms ? one : worst));
    const faults = [
      ...(slow.length > 0
        ? [
            `${slow.length} questions over ${QUESTION_P95_MS} ms or refused, ${slow[0]?.address} ${slow[0]?.p95Ms} ms`,
          ]
        : []),
      ...(refused.length > 0 ? [`${refused[0]?.address} answered ${refused[0]?.status}`] : []),
      ...(late.length > 0
        ? [`${late.length} lists over ${LIST_P95_MS} ms, ${late[0]?.path} ${late[0]?.p95Ms} ms`]
        : []),
      ...(seedS > SEED_S ? [`the city took ${seedS} s to write, ${SEED_S} are allowed`] : []),
    ];
    return {
      note: `city of 25 200 orders written in ${seedS} s; ${routes.length} list routes at ${lists.length} addresses, ${rounds} rounds, p95 ${p95Ms} ms, slowest ${slowest?.path} ${slowest?.p95Ms} ms; of ${questions.length} heavier questions the slowest ${heaviest.p95Ms} ms`,
      fault: faults.length > 0 ? faults.join('; ') : null,
    };
  } finally {
    await hub.stop();
  }
}
