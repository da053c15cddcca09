import { systemClock } from '../clock.js';
import { judgeClock, visitApi } from '../doctor/hub-checks.js';
import { checkClockLocally } from '../doctor/local-checks.js';
import { renderFinding } from '../doctor/render.js';
import { requiredConfig } from './bus-access.js';
import type { CliContext, StationOptions } from './context.js';

/** `voltbay-agent time`: this clock against the hub's, or what can be told without a network. 1 when it is wrong. */
export async function time(options: StationOptions, context: CliContext): Promise<number> {
  const { output, t, paint, widthChars } = context;
  const { device, hub, dataDir } = requiredConfig(options, context);
  const visit = await visitApi(hub.apiUrl, { device, secret: null }, systemClock.nowMs);
  const [finding] = visit.clock
    ? [judgeClock(visit.clock)]
    : await checkClockLocally(dataDir, systemClock.nowMs());
  const now = new Date(systemClock.nowMs()).toISOString();
  if (options.json)
    output.out(
      JSON.stringify({
        now,
        hub: visit.clock ? new Date(visit.clock.hubMs).toISOString() : null,
        tripMs: visit.clock?.tripMs ?? null,
        ...(finding && { state: finding.state, detail: finding.detail }),
      }),
    );
  else {
    output.out(`${t('now', '当前时间')}  ${now}`);
    if (finding) output.out(renderFinding(finding, t, paint, widthChars));
  }
  return finding?.state === 'problem' ? 1 : 0;
}
