import { rollupsCollection } from '../analytics/rollup.js';
import { auditCollection } from '../audit/audit-document.js';
import type { CollectionSpec } from '../db/index.js';
import { ordersCollection } from '../orders/order-document.js';
import type { Permission } from '../stargate/permissions.js';
import { alarmsCollection } from '../stations/station-documents.js';
import { chargesCollection } from '../wallets/wallets.js';
import type { ExportDocument } from './export-document.js';

type Cell = string | number | null;
type Row = Record<string, unknown>;
export type Column = { zh: string; en: string; value(row: Row): Cell };
export type Report = {
  title: { zh: string; en: string };
  /** What its maker must be allowed to read. */
  permission: Permission;
  // biome-ignore lint/suspicious/noExplicitAny: rows are read field by field
  collection: CollectionSpec<any>;
  /** Time field of the span; the rows come in its order. */
  timeField: string;
  /** Where the station stands; null: a report for those who see the whole tenant. */
  stationField: string | null;
  where?: Record<string, unknown>;
  columns: readonly Column[];
};

/** Text and numbers as they are; anything else is read by its path first. */
const at =
  (path: string) =>
  (row: Row): Cell => {
    const value = path
      .split('.')
      .reduce<unknown>(
        (found, key) => (found && typeof found === 'object' ? (found as Row)[key] : undefined),
        row,
      );
    return typeof value === 'string' || typeof value === 'number'
      ? value
      : value == null
        ? null
        : JSON.stringify(value);
  };
const column = (zh: string, en: string, path: string): Column => ({ zh, en, value: at(path) });

const FIGURES: readonly Column[] = [
  column('下单', 'Attempts', 'attempts'),
  column('换电次数', 'Swaps', 'swaps'),
  column('拒绝', 'Refused', 'refused'),
  column('失败', 'Failed', 'failed'),
  column('取消', 'Cancelled', 'cancelled'),
  column('过期', 'Expired', 'expired'),
  column('待核实', 'Unknown', 'unknown'),
  column('缺电或满仓', 'Shortages', 'shortages'),
  column('收入(分)', 'Revenue (fen)', 'revenueFen'),
  column('退款(分)', 'Refunds (fen)', 'refundsFen'),
  column('套餐收入(分)', 'Plan revenue (fen)', 'planFen'),
  column('套餐退款(分)', 'Plan refunds (fen)', 'planRefundsFen'),
  column('没收押金(分)', 'Forfeited deposits (fen)', 'forfeitFen'),
  column('收费笔数', 'Charges', 'charges'),
  column('等待毫秒', 'Queue time (ms)', 'waitMs'),
  column('等待次数', 'Queue count', 'waits'),
  column('在线分钟', 'Minutes online', 'onlineMinutes'),
  column('观测分钟', 'Minutes observed', 'knownMinutes'),
];
const rollup = (period: 'hour' | 'day', zh: string, en: string): Report => ({
  title: { zh, en },
  permission: 'analytics:read',
  collection: rollupsCollection,
  timeField: 'bucket',
  stationField: 'stationId',
  where: { period },
  columns: [
    column('时段开始', 'From', 'bucket'),
    column('换电站', 'Station', 'stationId'),
    column('套餐', 'Plan', 'plan'),
    ...FIGURES,
  ],
});

/** Every report that can be exported, with its columns in both languages. */
export const REPORTS = {
  orders: {
    title: { zh: '订单', en: 'Orders' },
    permission: 'orders:read',
    collection: ordersCollection,
    timeField: 'createdAt',
    stationField: 'stationId',
    columns: [
      column('订单号', 'Order', '_id'),
      column('下单时间', 'Created', 'createdAt'),
      column('完成时间', 'Completed', 'completedAt'),
      column('状态', 'State', 'state'),
      column('来源', 'Origin', 'origin'),
      column('换电站', 'Station', 'stationId'),
      column('用户', 'User', 'userId'),
      column('车辆', 'Vehicle', 'vehicleId'),
      column('归还电池', 'Returned pack', 'returned.packId'),
      column('换出电池', 'Dispensed pack', 'dispensed.packId'),
      column('套餐版本', 'Plan version', 'price.planVersion'),
      column('金额(分)', 'Amount (fen)', 'price.totalFen'),
      column('支付状态', 'Payment', 'payment.state'),
      column('原因', 'Reason', 'reason'),
    ],
  },
  charges: {
    title: { zh: '收费明细', en: 'Charges' },
    permission: 'charges:read',
    collection: chargesCollection,
    timeField: 'createdAt',
    stationField: null,
    columns: [
      column('编号', 'Charge', '_id'),
      column('时间', 'Time', 'createdAt'),
      column('订单号', 'Order', 'orderId'),
      column('用户', 'User', 'userId'),
      column('金额(分)', 'Amount (fen)', 'amountFen'),
      column('币种', 'Currency', 'currency'),
    ],
  },
  hours: rollup('hour', '小时统计', 'Figures by hour'),
  days: rollup('day', '每日统计', 'Figures by day'),
  alarms: {
    title: { zh: '告警', en: 'Alarms' },
    permission: 'alarms:read',
    collection: alarmsCollection,
    timeField: 'updatedAt',
    stationField: 'stationId',
    columns: [
      column('换电站', 'Station', 'stationId'),
      column('代码', 'Code', 'code'),
      column('级别', 'Severity', 'severity'),
      column('状态', 'State', 'state'),
      column('仓位', 'Slot', 'slot'),
      column('电池', 'Pack', 'packId'),
      column('发生时间', 'Raised', 'raisedAt'),
      column('恢复时间', 'Cleared', 'clearedAt'),
      column('次数', 'Count', 'count'),
      column('说明', 'Detail', 'detail'),
    ],
  },
  audit: {
    title: { zh: '审计日志', en: 'Audit log' },
    permission: 'audit:read',
    collection: auditCollection,
    timeField: 'at',
    stationField: null,
    columns: [
      column('序号', 'No.', 'seq'),
      column('时间', 'Time', 'at'),
      column('类别', 'Kind', 'actor.kind'),
      column('操作者', 'Actor', 'actor.id'),
      column('操作', 'Action', 'action'),
      column('对象', 'Target', 'target'),
      column('结果', 'Outcome', 'outcome'),
      column('来源地址', 'Address', 'ip'),
      column('详情', 'Detail', 'detail'),
      column('哈希', 'Hash', 'hash'),
    ],
  },
} as const satisfies Record<string, Report>;
export type ReportName = keyof typeof REPORTS;
export const REPORT_NAMES = Object.keys(REPORTS) as [ReportName, ...ReportName[]];

export const reportOf = (name: string): Report | null =>
  Object.hasOwn(REPORTS, name) ? REPORTS[name as ReportName] : null;

/** Which rows an export holds: never more than its maker could see. */
export function rowsFilter(report: Report, document: ExportDocument): Record<string, unknown> {
  const { tenantId, from, to, stationId, allowedStationIds } = document;
  const station =
    stationId !== null ? stationId : allowedStationIds === null ? undefined : { $in: allowedStationIds };
  return {
    tenantId,
    ...report.where,
    [report.timeField]: { $gte: from, $lt: to },
    ...(report.stationField === null || station === undefined ? {} : { [report.stationField]: station }),
  };
}
