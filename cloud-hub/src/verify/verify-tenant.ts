import type { AuditLog, AuditVerdict } from '../audit/audit-log.js';
import type { Database } from '../db/index.js';
import { type LedgerReport, verifyLedger } from '../finance/verify-ledger.js';
import { type CustodyReport, verifyCustody } from './verify-custody.js';
import { type FiguresReport, verifyFigures } from './verify-figures.js';
import { type OrdersReport, verifyOrders } from './verify-orders.js';

export type TenantReport = {
  ok: boolean;
  tenantId: string;
  orders: OrdersReport;
  ledger: LedgerReport;
  custody: CustodyReport;
  figures: FiguresReport;
  audit: AuditVerdict;
};

/** Everything that must agree, held against each other: orders, ledger, wallets, charges, custody, roll-ups, audit chain. */
export async function verifyTenant(deps: {
  database: Database;
  audit: Pick<AuditLog, 'verify'>;
  tenantId: string;
  timeZone: string;
}): Promise<TenantReport> {
  const { database, tenantId } = deps;
  const orders = await verifyOrders(database, tenantId);
  const ledger = await verifyLedger(database, tenantId);
  const custody = await verifyCustody(database, tenantId);
  const figures = await verifyFigures(database, tenantId, deps.timeZone);
  const audit = await deps.audit.verify(tenantId);
  return {
    ok: [orders, ledger, custody, figures, audit].every((report) => report.ok),
    tenantId,
    orders,
    ledger,
    custody,
    figures,
    audit,
  };
}
