/** The page on which a person pays, in place of the providers' apps: waiting payments with a button each. */
export const payerPage = (): string => `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>Simulated payments</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 720px; padding: 16px; }
  h1 { font-size: 20px; } li { border-bottom: 1px solid #8886; display: flex; gap: 12px; padding: 10px 0; }
  ul { list-style: none; padding: 0; } li span { flex: 1; } button { font: inherit; padding: 8px 20px; }
  li.chosen { font-weight: 600; } small { opacity: .75; }
</style>
</head>
<body>
<h1>Simulated payments</h1>
<p><small>No real money. A payment that an app has started waits here, as it would in Alipay or WeChat.</small></p>
<p id="note" role="status"></p>
<ul id="trades"></ul>
<script>
const chosen = new URLSearchParams(location.search).get('tradeNo');
const list = document.getElementById('trades');
async function pay(trade) {
  const body = JSON.stringify({ provider: trade.provider, tradeNo: trade.tradeNo });
  const answer = await fetch('/control/pay', { method: 'POST', body });
  document.getElementById('note').textContent = answer.ok ? 'Paid.' : (await answer.json()).error;
  await show();
}
async function show() {
  const trades = (await (await fetch('/control/trades')).json()).slice(-30).reverse();
  list.replaceChildren(...trades.map((trade) => {
    const row = document.createElement('li');
    if (trade.tradeNo === chosen) row.className = 'chosen';
    const text = document.createElement('span');
    text.textContent = (trade.amountFen / 100).toFixed(2) + ' yuan · ' + trade.provider + ' · ' + trade.subject + ' · ' + trade.state;
    row.append(text);
    if (trade.state === 'waiting') {
      const button = document.createElement('button');
      button.textContent = 'Pay';
      button.onclick = () => pay(trade);
      row.append(button);
    }
    return row;
  }));
  if (trades.length === 0) list.textContent = 'Nothing waits to be paid.';
}
show();
setInterval(() => { if (!document.querySelector('button:active')) show(); }, 2000);
</script>
</body>
</html>
`;
