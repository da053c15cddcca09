import { fenOfYuan, fromBeijing, type StatementRow } from './provider.js';

/** Columns by name, so that a provider may add some. */
function table(lines: readonly string[], header: string): Map<string, string>[] {
  const start = lines.findIndex((line) => line.includes(header));
  if (start < 0) throw new Error(`the statement has no column ${header}`);
  const names = cells(lines[start] ?? '');
  const rows: Map<string, string>[] = [];
  for (const line of lines.slice(start + 1)) {
    const values = cells(line);
    if (line.startsWith('#') || values.length !== names.length) break;
    rows.push(new Map(names.map((name, index) => [name, values[index] ?? ''])));
  }
  return rows;
}
const cells = (line: string): string[] =>
  line.split(',').map((cell) =>
    cell
      .replace(/^\uFEFF/, '')
      .replace(/^`/, '')
      .trim(),
  );

function need<T>(value: T | null, what: string): T {
  if (value === null) throw new Error(`the statement has a bad ${what}`);
  return value;
}
const linesOf = (text: string): string[] => text.split(/\r?\n/).filter((line) => line.trim() !== '');

/** Alipay's "trade" statement: one row a payment or refund, amounts in yuan, refunds negative, times in Beijing. */
export function parseAlipayStatement(text: string): StatementRow[] {
  return table(linesOf(text), '支付宝交易号').map((row) => {
    const column = (name: string) => row.get(name) ?? '';
    const refund = column('业务类型') === '退款';
    return {
      kind: refund ? 'refund' : 'payment',
      tradeNo: column('商户订单号'),
      refundNo: refund ? column('退款批次号/请求号') : null,
      providerTradeNo: column('支付宝交易号'),
      amountFen: need(fenOfYuan(column('订单金额（元）').replace(/^-/, '')), 'amount'),
      feeFen: need(fenOfYuan(column('服务费（元）').replace(/^-/, '')), 'fee'),
      at: need(fromBeijing(column('完成时间')), 'time'),
    };
  });
}

/** WeChat Pay's "ALL" statement: every cell starts with a back quote, a summary of other columns follows. */
export function parseWechatStatement(text: string): StatementRow[] {
  return table(linesOf(text), '微信订单号')
    .filter((row) => row.get('交易状态') === 'SUCCESS' || row.get('交易状态') === 'REFUND')
    .map((row) => {
      const column = (name: string) => row.get(name) ?? '';
      const refund = column('交易状态') === 'REFUND';
      return {
        kind: refund ? 'refund' : 'payment',
        tradeNo: column('商户订单号'),
        refundNo: refund ? column('商户退款单号') : null,
        providerTradeNo: column('微信订单号'),
        amountFen: need(fenOfYuan(column(refund ? '退款金额' : '订单金额')), 'amount'),
        feeFen: need(fenOfYuan(column('手续费').replace(/^-/, '')), 'fee'),
        at: need(fromBeijing(column('交易时间')), 'time'),
      };
    });
}
