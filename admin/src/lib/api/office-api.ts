import type { User, Vehicle } from '@voltbay/protocol/api';
import type { Client } from 'openapi-fetch';
import { body, type Page, page, type QueryOf, type RowOf } from './answers.js';
import type { operations, paths } from './generated/schema.js';

export type UserQuery = QueryOf<'listUsers'>;
export type VehicleQuery = QueryOf<'listVehicles'>;
export type PlanQuery = QueryOf<'listPlans'>;
export type ChargeQuery = QueryOf<'listCharges'>;
export type PaymentQuery = QueryOf<'listPayments'>;
export type RefundQuery = QueryOf<'listRefunds'>;
export type LedgerQuery = QueryOf<'listLedgerEntries'>;
export type TaskQuery = QueryOf<'listTasks'>;
export type Plan = RowOf<'listPlans'>;
export type Charge = RowOf<'listCharges'>;
export type Payment = RowOf<'listPayments'>;
export type Refund = RowOf<'listRefunds'>;
export type LedgerEntry = RowOf<'listLedgerEntries'>;
export type LedgerAccount = RowOf<'listLedgerAccounts'>;
export type Task = RowOf<'listTasks'>;
export type TaskSchedule = RowOf<'listTaskSchedules'>;
export type AuditQuery = QueryOf<'listAudit'>;
export type AuditEntry = RowOf<'listAudit'>;
export type AuditVerdict = operations['verifyAudit']['responses'][200]['content']['application/json'];
export type LedgerReport = operations['verifyLedger']['responses'][200]['content']['application/json'];
export type UserPatch = { status?: User['status']; name?: string };

/** Riders, prices, money and background work. Throws ApiError, OfflineError, SignedOutError. */
export type OfficeApi = {
  users(query: UserQuery, signal?: AbortSignal): Promise<Page<User>>;
  user(id: string, signal?: AbortSignal): Promise<User>;
  /** `version` is the one that was shown: a change by somebody else in between is refused (PRECONDITION_FAILED). */
  updateUser(id: string, version: number, patch: UserPatch): Promise<User>;
  vehicles(query: VehicleQuery, signal?: AbortSignal): Promise<Page<Vehicle>>;
  vehicle(id: string, signal?: AbortSignal): Promise<Vehicle>;
  plans(query: PlanQuery, signal?: AbortSignal): Promise<Page<Plan>>;
  charges(query: ChargeQuery, signal?: AbortSignal): Promise<Page<Charge>>;
  payments(query: PaymentQuery, signal?: AbortSignal): Promise<Page<Payment>>;
  payment(id: string, signal?: AbortSignal): Promise<Payment>;
  refunds(query: RefundQuery, signal?: AbortSignal): Promise<Page<Refund>>;
  ledgerEntries(query: LedgerQuery, signal?: AbortSignal): Promise<Page<LedgerEntry>>;
  ledgerAccounts(signal?: AbortSignal): Promise<LedgerAccount[]>;
  verifyLedger(): Promise<LedgerReport>;
  tasks(query: TaskQuery, signal?: AbortSignal): Promise<Page<Task>>;
  task(id: string, signal?: AbortSignal): Promise<Task>;
  replayTask(id: string): Promise<Task>;
  cancelTask(id: string): Promise<Task>;
  taskSchedules(signal?: AbortSignal): Promise<TaskSchedule[]>;
  runTaskSchedule(id: string): Promise<Task>;
  audit(query: AuditQuery, signal?: AbortSignal): Promise<Page<AuditEntry>>;
  verifyAudit(): Promise<AuditVerdict>;
};

const one = (id: string) => ({ path: { id } });

export function createOfficeApi(hub: Client<paths>): OfficeApi {
  return {
    users: async (query, signal) => page(await hub.GET('/core/v0/users', { params: { query }, signal })),
    user: async (id, signal) => body(await hub.GET('/core/v0/users/{id}', { params: one(id), signal })),
    updateUser: async (id, version, patch) =>
      body(
        await hub.PATCH('/core/v0/users/{id}', {
          params: { ...one(id), header: { 'If-Match': `"${version}"` } },
          body: patch,
        }),
      ),
    vehicles: async (query, signal) =>
      page(await hub.GET('/core/v0/vehicles', { params: { query }, signal })),
    vehicle: async (id, signal) => body(await hub.GET('/core/v0/vehicles/{id}', { params: one(id), signal })),
    plans: async (query, signal) => page(await hub.GET('/core/v0/plans', { params: { query }, signal })),
    charges: async (query, signal) => page(await hub.GET('/core/v0/charges', { params: { query }, signal })),
    payments: async (query, signal) =>
      page(await hub.GET('/core/v0/payments', { params: { query }, signal })),
    payment: async (id, signal) => body(await hub.GET('/core/v0/payments/{id}', { params: one(id), signal })),
    refunds: async (query, signal) => page(await hub.GET('/core/v0/refunds', { params: { query }, signal })),
    ledgerEntries: async (query, signal) =>
      page(await hub.GET('/core/v0/ledger/entries', { params: { query }, signal })),
    ledgerAccounts: async (signal) => body(await hub.GET('/core/v0/ledger/accounts', { signal })),
    verifyLedger: async () => body(await hub.POST('/core/v0/ledger/verify')),
    tasks: async (query, signal) => page(await hub.GET('/core/v0/tasks', { params: { query }, signal })),
    task: async (id, signal) => body(await hub.GET('/core/v0/tasks/{id}', { params: one(id), signal })),
    replayTask: async (id) => body(await hub.POST('/core/v0/tasks/{id}/replay', { params: one(id) })),
    cancelTask: async (id) => body(await hub.POST('/core/v0/tasks/{id}/cancel', { params: one(id) })),
    taskSchedules: async (signal) => body(await hub.GET('/core/v0/task-schedules', { signal })),
    runTaskSchedule: async (id) =>
      body(await hub.POST('/core/v0/task-schedules/{id}/run', { params: one(id) })),
    audit: async (query, signal) => page(await hub.GET('/core/v0/audit', { params: { query }, signal })),
    verifyAudit: async () => body(await hub.GET('/core/v0/audit/verification')),
  };
}
