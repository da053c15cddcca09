import type { AuditLog } from '../audit/audit-log.js';
import { isoAt } from '../clock.js';
import { alarmId } from '../stations/alarms.js';
import {
  type AlarmDocument,
  alarmsCollection,
  type WorkOrderDocument,
  type WorkOrderState,
  workOrdersCollection,
} from '../stations/station-documents.js';
import type { BulkWriter } from './bulk-writer.js';
import type { Chance } from './chance.js';
import { DAY_MS } from './city-calendar.js';
import type { CityStation } from './city-fleet.js';

export type Clerk = { id: string; name: string };
export type CityTeam = { admin: Clerk; support: Clerk; field: Clerk };

/** What people did in the back office: kept in order, recorded into the audit chain at the end. */
export interface CityDesk {
  deed(deed: {
    atMs: number;
    by: Clerk;
    action: string;
    target: string;
    outcome: number;
    detail: Record<string, unknown>;
  }): void;
  /** Alarms and the work that some of them led to, over the whole time. */
  alarms(stations: readonly CityStation[], fromMs: number, untilMs: number): void;
  close(): Promise<number>;
}

const CODES = [
  { code: 'pack-over-temperature', severity: 'critical', weight: 3, title: '电池过温，检查散热' },
  { code: 'lock-jam', severity: 'warning', weight: 6, title: '仓门锁卡滞，更换锁体' },
  { code: 'door-unexpected', severity: 'critical', weight: 2, title: '仓门异常开启，现场核查' },
  { code: 'charger-fault', severity: 'warning', weight: 4, title: '充电模块故障，更换' },
  { code: 'bms-silent', severity: 'warning', weight: 6, title: '读不到电池，检查触点' },
  { code: 'mains-lost', severity: 'critical', weight: 1, title: '市电中断，联系物业' },
  { code: 'cell-imbalance', severity: 'info', weight: 4, title: '压差偏大，安排均衡' },
] as const;

export function createCityDesk(deps: {
  tenantId: string;
  team: CityTeam;
  chance: Chance;
  writer: BulkWriter;
  audit: Pick<AuditLog, 'record' | 'close'>;
}): CityDesk {
  const { tenantId, team, chance, writer } = deps;
  const deeds: Parameters<CityDesk['deed']>[0][] = [];

  const workOrder = (alarm: AlarmDocument, title: string, raisedMs: number, untilMs: number): string => {
    const id = `wo-${chance.uuid(raisedMs)}`;
    const log: WorkOrderDocument['log'] = [];
    let atMs = raisedMs + chance.int(5, 60) * 60_000;
    const createdAt = isoAt(atMs);
    let state: WorkOrderState = 'open';
    const step = (next: WorkOrderState, by: string, note: string | null) => {
      if (atMs > untilMs) return;
      state = next;
      log.push({ at: isoAt(atMs), by, state: next, note });
    };
    step('open', team.support.id, null);
    for (const [next, least, most, note] of [
      ['assigned', 10, 90, null],
      ['in-progress', 60, 900, null],
      ['done', 20, 240, chance.pick(['已处理', '更换后正常', '清洁触点后恢复', '现场未复现，观察'])],
    ] as const) {
      atMs += chance.int(least, most) * 60_000;
      step(next, next === 'assigned' ? team.support.id : team.field.id, note);
    }
    const last = log.at(-1)?.at ?? createdAt;
    const closed = state === ('done' as WorkOrderState);
    writer.add(workOrdersCollection, {
      _id: id,
      tenantId,
      version: log.length,
      createdAt,
      updatedAt: last,
      stationId: alarm.stationId,
      title,
      detail: alarm.detail,
      priority: alarm.severity === 'critical' ? 'urgent' : 'normal',
      state,
      assignee: log.length > 1 ? team.field.id : null,
      alarmIds: [alarm._id],
      createdBy: team.support.id,
      dueAt: isoAt(raisedMs + 2 * DAY_MS),
      closedAt: closed ? last : null,
      log,
    });
    deeds.push({
      atMs: Date.parse(createdAt),
      by: team.support,
      action: 'createWorkOrder',
      target: `stations/${alarm.stationId}`,
      outcome: 201,
      detail: { title, alarmIds: [alarm._id] },
    });
    return id;
  };

  return {
    deed: (deed) => void deeds.push(deed),
    alarms(stations, fromMs, untilMs) {
      const raised = new Map<string, AlarmDocument>();
      const count = Math.round((stations.length * (untilMs - fromMs)) / DAY_MS / 9);
      const times = Array.from({ length: count }, () => chance.between(fromMs, untilMs - 120_000)).sort(
        (a, b) => a - b,
      );
      for (const time of times) {
        const raisedMs = Math.floor(time);
        const station = chance.pick(stations);
        const kind = CODES[chance.weighted(CODES.map(({ weight }) => weight))] ?? CODES[0];
        const slot = kind.code === 'mains-lost' ? null : chance.int(1, station.slots.length);
        const id = alarmId({ device: station.device, code: kind.code, slot: slot ?? undefined });
        const known = raised.get(id);
        const clearedMs = raisedMs + chance.int(2, 600) * 60_000;
        const cleared = clearedMs < untilMs - 60_000;
        const seen = chance.hits(0.6) && raisedMs + 300_000 < untilMs;
        const newestMs = cleared ? clearedMs : raisedMs;
        const alarm: AlarmDocument = {
          _id: id,
          tenantId,
          version: (known?.version ?? 0) + (cleared ? 2 : 1),
          createdAt: known?.createdAt ?? isoAt(raisedMs),
          updatedAt: isoAt(newestMs),
          stationId: station.device,
          code: kind.code,
          state: cleared ? 'cleared' : 'raised',
          severity: kind.severity,
          slot,
          packId: null,
          detail: null,
          raisedAt: isoAt(raisedMs),
          clearedAt: cleared ? isoAt(clearedMs) : null,
          count: (known?.count ?? 0) + 1,
          acknowledgedBy: seen ? team.support.id : null,
          acknowledgedAt: seen ? isoAt(raisedMs + 240_000) : null,
          escalatedAt: null,
          escalatedBy: null,
          workOrderId: null,
          order: `${isoAt(newestMs)}|seed`,
        };
        if (seen && kind.severity !== 'info' && chance.hits(0.5))
          alarm.workOrderId = workOrder(alarm, kind.title, raisedMs, untilMs);
        raised.set(id, alarm);
      }
      for (const alarm of raised.values()) writer.add(alarmsCollection, alarm);
    },
    async close() {
      deeds.sort((a, b) => a.atMs - b.atMs);
      await Promise.all(
        deeds.map(({ atMs, by, action, target, outcome, detail }) =>
          deps.audit.record({
            tenantId,
            at: isoAt(atMs),
            actor: { kind: 'operator', id: by.id, name: by.name },
            action,
            target,
            outcome: String(outcome),
            detail,
          }),
        ),
      );
      await deps.audit.close();
      return deeds.length;
    },
  };
}
