import type { Client } from 'openapi-fetch';
import { body, type EntryOf, NEWEST_FIRST, once } from './answers.js';
import type { operations, paths } from './generated/schema.js';

type BodyOf<K extends keyof operations> = operations[K] extends {
  requestBody: { content: { 'application/json': infer T } };
}
  ? T
  : never;
export type Dispute = EntryOf<'listDisputes'>;
export type DisputeKind = Dispute['kind'];
export type StationReport = BodyOf<'reportStationProblem'>;
export type ReportKind = StationReport['kind'];

/** What riders do when something is not right. */
export type CareApi = {
  /** The rider's own about one order, newest first. */
  disputes(orderId: string): Promise<Dispute[]>;
  openDispute(orderId: string, dispute: { kind: DisputeKind; note: string }, key: string): Promise<Dispute>;
  withdrawDispute(id: string): Promise<Dispute>;
  reportStation(stationId: string, report: StationReport, key: string): Promise<void>;
};

export function createCareApi(hub: Client<paths>): CareApi {
  return {
    disputes: async (orderId) =>
      body(
        await hub.GET('/core/v0/disputes', { params: { query: { orderId, _limit: 10, ...NEWEST_FIRST } } }),
      ),
    openDispute: async (id, dispute, key) =>
      body(
        await hub.POST('/core/v0/orders/{id}/disputes', {
          params: { path: { id }, ...once(key) },
          body: dispute,
        }),
      ),
    withdrawDispute: async (id) =>
      body(
        await hub.PATCH('/core/v0/disputes/{id}', {
          params: { path: { id } },
          body: { state: 'withdrawn' },
        }),
      ),
    async reportStation(id, report, key) {
      await hub.POST('/core/v0/stations/{id}/reports', {
        params: { path: { id }, ...once(key) },
        body: report,
      });
    },
  };
}
