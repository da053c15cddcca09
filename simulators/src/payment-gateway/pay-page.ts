import { type Trade, yuanOfFen } from './trade-book.js';

const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

const STATES: Readonly<Record<Trade['state'], string>> = {
  waiting: '待付款 To be paid',
  paid: '已付款 Paid',
  closed: '已关闭 Closed',
};

/** The page that a payer sees: what for, how much, one button. Nothing on it comes from elsewhere. */
export function payPage(trade: Trade): string {
  const amount = `¥${yuanOfFen(trade.amountFen)}`;
  const form =
    trade.state === 'waiting'
      ? `<form method="post" action="/pay/${trade.provider}/${encodeURIComponent(trade.tradeNo)}"><button id="pay">确认付款 Pay ${amount}</button></form>`
      : '<p>可以回到应用了。You can go back to the app.</p>';
  return `<!doctype html><html lang="zh-CN"><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<title>模拟收银台 Local cashier</title>
<style>body{font:17px/1.5 system-ui,sans-serif;max-width:420px;margin:12vh auto;padding:0 20px;text-align:center;color:#17212e;background:#f3f5f7}
h1{font-size:20px}b{display:block;font-size:40px;margin:18px 0}button{font:inherit;padding:14px 28px;border:0;border-radius:12px;background:#2456c8;color:#fff}</style>
<h1>模拟收银台 Local cashier</h1><p>${escapeHtml(trade.subject)}</p><b>${amount}</b><p id="state">${STATES[trade.state]}</p>${form}</html>`;
}
