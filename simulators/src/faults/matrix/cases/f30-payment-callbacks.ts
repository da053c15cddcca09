import { join } from 'node:path';
import { eventually } from '../../../network/eventually.js';
import type { Site } from '../../../network/site.js';
import type { SiteRider } from '../../../network/witnessed-swap.js';
import { startPaymentGateway } from '../../../payment-gateway/gateway.js';
import type { ProviderName } from '../../../payment-gateway/trade-book.js';
import { type FaultCase, mustHold } from '../case.js';

type Payment = { id: string; state: string; payWith: { pageUrl?: string } };
type Noted = { outcome: string; reason: string | null };

const FORGERIES = [
  ['signature', 'BAD_SIGNATURE'],
  ['amount', 'AMOUNT_MISMATCH'],
  ['stale', 'STALE'],
] as const;

export const paymentCallbacks: FaultCase = {
  id: 'F30',
  name: 'payment callback repeated, late, out of order, forged',
  async open(folder) {
    const gateway = await startPaymentGateway({ directory: join(folder, 'gateway') });
    return {
      network: { hubEnv: { VOLTBAY_PAYMENTS: gateway.settingsFile } },
      close: () => gateway.close(),
      async run({ site, rider }) {
        let runs = 0;
        for (const provider of ['alipay', 'wechat'] as const) {
          const start = (amountFen: number) => startPayment(rider, provider, amountFen);
          const gained = async (what: string, fen: number, work: () => Promise<void>) => {
            const before = await balance(site, rider);
            await work();
            await eventually(`${provider}, ${what}: ${fen} fen`, 30_000, async () =>
              (await balance(site, rider)) === before + fen ? true : null,
            );
            runs += 1;
          };
          await gained('repeated', 1_100, async () => {
            const { id } = await start(1_100);
            gateway.deliver({ mode: 'send', copies: 3, forge: 'none', delayMs: 0 });
            await gateway.pay(provider, id);
            await gateway.notifyAgain(provider, id);
            gateway.deliver({ copies: 1 });
          });
          await gained('late and out of order', 500, async () => {
            const [first, second] = [await start(200), await start(300)];
            gateway.deliver({ mode: 'hold' });
            await gateway.pay(provider, first.id);
            await gateway.pay(provider, second.id);
            await gateway.flush({ reversed: true });
            gateway.deliver({ mode: 'send' });
            await gateway.notifyAgain(provider, first.id);
          });
          for (const [forge, reason] of FORGERIES) {
            const { id } = await start(700);
            const before = await balance(site, rider);
            gateway.deliver({ mode: 'send', forge, copies: 1 });
            await gateway.pay(provider, id);
            gateway.deliver({ forge: 'none' });
            const { state } = await rider.api.get<Payment>(`/core/v0/payments/${id}`);
            mustHold(state === 'pending', `${provider}: a forged ${forge} made the payment ${state}`);
            mustHold((await balance(site, rider)) === before, `${provider}: a forged ${forge} moved money`);
            const [noted] = await site.operator.get<Noted[]>(
              '/core/v0/payment-callbacks?outcome=refused&_limit=1',
            );
            mustHold(noted?.reason === reason, `${provider}: forged ${forge} noted as ${noted?.reason}`);
            await gained(`the true word after a forged ${forge}`, 700, () =>
              gateway.notifyAgain(provider, id),
            );
          }
        }
        const books = await site.operator.post<{ ok: boolean; differences: unknown[] }>(
          '/core/v0/ledger/verify',
          {},
        );
        mustHold(books.ok, `the books differ: ${JSON.stringify(books.differences).slice(0, 200)}`);
        return {
          runs,
          note: 'Alipay and WeChat Pay with real signatures: one effect each, forgeries refused and written down, books agree',
        };
      },
    };
  },
};

async function startPayment(rider: SiteRider, provider: ProviderName, amountFen: number): Promise<Payment> {
  const payment = await rider.api.post<Payment>('/core/v0/payments', { provider, amountFen });
  // The payer opens the page: only then does Alipay know of the payment.
  if (payment.payWith.pageUrl) mustHold((await fetch(payment.payWith.pageUrl)).ok, 'the payment page');
  return payment;
}

const balance = async (site: Site, { account }: SiteRider): Promise<number> =>
  (await site.operator.get<{ balanceFen: number }>(`/core/v0/users/${account.userId}`)).balanceFen;
