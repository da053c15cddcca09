import { beijingDate, beijingTime, type ProviderName, type Trade, yuanOfFen } from './trade-book.js';

/** What a test changes in a day's statement, to see whether the merchant's reconciliation finds it. */
export type StatementChange =
  | { kind: 'omit'; tradeNo: string }
  | { kind: 'amount'; tradeNo: string; amountFen: number }
  | { kind: 'stranger'; tradeNo: string; amountFen: number };

type Row = {
  at: number;
  tradeNo: string;
  providerNo: string;
  kind: 'pay' | 'refund';
  refundNo: string;
  amountFen: number;
  feeFen: number;
};

/** Both providers take 0.6 % of a payment; refunds give no fee back here. */
export const feeOf = (amountFen: number): number => Math.round((amountFen * 60) / 10_000);

function rowsOf(trades: readonly Trade[], provider: ProviderName, date: string): Row[] {
  const rows: Row[] = [];
  for (const trade of trades) {
    if (trade.provider !== provider) continue;
    if (trade.paidAt !== null && beijingDate(trade.paidAt) === date)
      rows.push({
        at: trade.paidAt,
        tradeNo: trade.tradeNo,
        providerNo: trade.providerTradeNo,
        kind: 'pay',
        refundNo: '',
        amountFen: trade.amountFen,
        feeFen: feeOf(trade.amountFen),
      });
    for (const refund of trade.refunds)
      if (refund.state === 'success' && beijingDate(refund.at) === date)
        rows.push({
          at: refund.at,
          tradeNo: trade.tradeNo,
          providerNo: trade.providerTradeNo,
          kind: 'refund',
          refundNo: refund.refundNo,
          amountFen: refund.amountFen,
          feeFen: 0,
        });
  }
  return rows.sort((a, b) => a.at - b.at);
}

function changed(rows: Row[], changes: readonly StatementChange[], date: string): Row[] {
  let result = rows;
  for (const change of changes) {
    if (change.kind === 'omit') result = result.filter((row) => row.tradeNo !== change.tradeNo);
    else if (change.kind === 'amount')
      result = result.map((row) =>
        row.tradeNo === change.tradeNo && row.kind === 'pay'
          ? { ...row, amountFen: change.amountFen, feeFen: feeOf(change.amountFen) }
          : row,
      );
    else
      result = [
        ...result,
        {
          at: Date.parse(`${date}T12:00:00+08:00`),
          tradeNo: change.tradeNo,
          providerNo: `9999${change.tradeNo.slice(0, 12)}`,
          kind: 'pay',
          refundNo: '',
          amountFen: change.amountFen,
          feeFen: feeOf(change.amountFen),
        },
      ];
  }
  return result;
}

/** A day's trades as comma separated text in the provider's own column names. Amounts in yuan, times in Beijing. */
export function statementOf(
  trades: readonly Trade[],
  provider: ProviderName,
  date: string,
  changes: readonly StatementChange[],
): string {
  const rows = changed(rowsOf(trades, provider, date), changes, date);
  if (provider === 'alipay') {
    const lines = rows.map((row) =>
      [
        `${row.providerNo}\t`,
        `${row.tradeNo}\t`,
        row.kind === 'pay' ? '交易' : '退款',
        beijingTime(row.at),
        row.kind === 'pay' ? yuanOfFen(row.amountFen) : `-${yuanOfFen(row.amountFen)}`,
        yuanOfFen(row.feeFen),
        `${row.refundNo}\t`,
      ].join(','),
    );
    return [
      '#支付宝业务明细查询',
      `#日期：${date}`,
      '支付宝交易号,商户订单号,业务类型,完成时间,订单金额（元）,服务费（元）,退款批次号/请求号',
      ...lines,
      `#业务明细列表结束,共${rows.length}笔`,
    ].join('\r\n');
  }
  const lines = rows.map((row) =>
    [
      beijingTime(row.at),
      row.providerNo,
      row.tradeNo,
      row.kind === 'pay' ? 'SUCCESS' : 'REFUND',
      row.kind === 'pay' ? yuanOfFen(row.amountFen) : '0.00',
      row.refundNo === '' ? '0' : row.refundNo,
      row.kind === 'refund' ? yuanOfFen(row.amountFen) : '0.00',
      yuanOfFen(row.feeFen),
    ]
      .map((cell) => `\`${cell}`)
      .join(','),
  );
  const paid = rows.filter((row) => row.kind === 'pay').reduce((sum, row) => sum + row.amountFen, 0);
  return [
    '﻿交易时间,微信订单号,商户订单号,交易状态,订单金额,商户退款单号,退款金额,手续费',
    ...lines,
    '总交易单数,应结订单总金额',
    `\`${rows.length},\`${yuanOfFen(paid)}`,
  ].join('\r\n');
}
