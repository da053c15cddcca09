// autocannon in a process of its own: paths in turn over some connections for a while, and what came of it.
import { createRequire } from 'node:module';

const autocannon = createRequire(import.meta.url)('autocannon');
const { url, paths, token, connections, durationS } = JSON.parse(process.argv[2]);
const result = await autocannon({
  url,
  connections,
  duration: durationS,
  requests: paths.map((path) => ({ method: 'GET', path, headers: { authorization: `Bearer ${token}` } })),
});
const { requests, latency, non2xx, errors, timeouts, statusCodeStats } = result;
process.stdout.write(
  `${JSON.stringify({ total: requests.total, perS: requests.total / result.duration, p99Ms: latency.p99, failed: non2xx + errors + timeouts, how: { errors, timeouts, status: statusCodeStats } })}\n`,
);
