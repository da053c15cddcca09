import type { EventType } from '../events/domain-events.js';

export const LOCALES = ['zh-CN', 'en'] as const;
export type Locale = (typeof LOCALES)[number];
export const CATEGORIES = ['order', 'payment', 'reservation', 'plan', 'pack', 'approval', 'alarm'] as const;
export type Category = (typeof CATEGORIES)[number];
export const CHANNELS = ['in-app', 'push', 'sms'] as const;
export type Channel = (typeof CHANNELS)[number];

export type Wording = { title: string; body: string };
export type Template = {
  category: Category;
  /** Goes out in quiet hours too: somebody is standing at the station. */
  urgent: boolean;
  audience: 'rider' | 'operator';
  /** Operators who hold one of these roles are told; for `audience: 'operator'`. */
  roles?: readonly string[];
  /** Names that may stand in braces. */
  fields: readonly string[];
  wording: Readonly<Record<Locale, Wording>>;
};

const order = (wording: Template['wording'], urgent = true): Template => ({
  category: 'order',
  urgent,
  audience: 'rider',
  fields: ['station', 'amount', 'reason', 'orderId', 'resolution'],
  wording,
});
const money = (wording: Template['wording']): Template => ({
  category: 'payment',
  urgent: false,
  audience: 'rider',
  fields: ['amount', 'station', 'orderId', 'reason'],
  wording,
});
const plan = (wording: Template['wording']): Template => ({
  category: 'plan',
  urgent: false,
  audience: 'rider',
  fields: ['plan', 'amount', 'until'],
  wording,
});
const reservation = (wording: Template['wording']): Template => ({
  category: 'reservation',
  urgent: true,
  audience: 'rider',
  fields: ['station', 'until', 'orderId'],
  wording,
});

/** What is told for which event, and the built-in words. A tenant may replace the words, not the fields. */
export const TEMPLATES: Readonly<Partial<Record<EventType, Template>>> = {
  'order.completed': order({
    'zh-CN': { title: '换电完成', body: '您在{station}的换电已完成,费用 {amount}。' },
    en: { title: 'Swap complete', body: 'Your swap at {station} is complete: {amount}.' },
  }),
  'order.failed': order({
    'zh-CN': { title: '换电未完成', body: '您在{station}的换电未能完成:{reason}。未换出电池不收费。' },
    en: {
      title: 'Swap not completed',
      body: 'Your swap at {station} did not complete: {reason}. No pack, no charge.',
    },
  }),
  'order.refused': order({
    'zh-CN': { title: '无法换电', body: '{station}暂时无法换电:{reason}。' },
    en: { title: 'Swap refused', body: '{station} cannot swap now: {reason}.' },
  }),
  'order.unknown': order({
    'zh-CN': { title: '换电结果确认中', body: '{station}未回报结果,我们正在核实,核实前不会重复扣费。' },
    en: {
      title: 'Checking your swap',
      body: '{station} has not reported yet. We are checking; you are not charged twice.',
    },
  }),
  'order.expired': order(
    {
      'zh-CN': { title: '订单已过期', body: '您在{station}的订单未及时开始,已取消。' },
      en: { title: 'Order expired', body: 'Your order at {station} did not start in time and was closed.' },
    },
    false,
  ),
  'payment.captured': money({
    'zh-CN': { title: '扣费成功', body: '换电费用 {amount} 已从余额支付。' },
    en: { title: 'Payment', body: '{amount} was paid from your balance.' },
  }),
  'payment.refunded': money({
    'zh-CN': { title: '退款成功', body: '{amount} 已退回。' },
    en: { title: 'Refund', body: '{amount} was paid back.' },
  }),
  'refund.failed': money({
    'zh-CN': { title: '退款未成功', body: '{amount} 的退款未成功,款项仍在您的余额中。' },
    en: {
      title: 'Refund not made',
      body: 'The refund of {amount} did not go through; the money is in your balance.',
    },
  }),
  'debt.raised': money({
    'zh-CN': { title: '换电费用待支付', body: '余额不足,本次换电欠款 {amount}。充值后自动扣除。' },
    en: {
      title: 'A swap is not paid',
      body: 'Your balance was too low: {amount} are owed and taken after your next top-up.',
    },
  }),
  'debt.paid': money({
    'zh-CN': { title: '欠款已结清', body: '{amount} 已从余额扣除。' },
    en: { title: 'Nothing owed any more', body: '{amount} were taken from your balance.' },
  }),
  'payment.topped-up': money({
    'zh-CN': { title: '充值成功', body: '{amount} 已存入余额。' },
    en: { title: 'Top-up', body: '{amount} was added to your balance.' },
  }),
  'reservation.confirmed': reservation({
    'zh-CN': { title: '预约成功', body: '{station}已为您保留电池至 {until}。' },
    en: { title: 'Reserved', body: '{station} holds a pack for you until {until}.' },
  }),
  'reservation.expiring': reservation({
    'zh-CN': { title: '预约即将到期', body: '您在{station}的预约将于 {until} 到期。' },
    en: { title: 'Reservation ends soon', body: 'Your reservation at {station} ends at {until}.' },
  }),
  'reservation.expired': reservation({
    'zh-CN': { title: '预约已到期', body: '您在{station}的预约已到期。' },
    en: { title: 'Reservation ended', body: 'Your reservation at {station} has ended.' },
  }),
  'plan.bought': plan({
    'zh-CN': { title: '套餐已开通', body: '{plan}已开通,有效至 {until}。' },
    en: { title: 'Plan active', body: '{plan} is active until {until}.' },
  }),
  'plan.renewed': plan({
    'zh-CN': { title: '套餐已续费', body: '{plan}已续费 {amount},有效至 {until}。' },
    en: { title: 'Plan renewed', body: '{plan} was renewed for {amount}, until {until}.' },
  }),
  'plan.expiring': plan({
    'zh-CN': { title: '套餐即将到期', body: '{plan}将于 {until} 到期。' },
    en: { title: 'Your plan ends soon', body: '{plan} ends at {until}.' },
  }),
  'plan.expired': plan({
    'zh-CN': { title: '套餐已到期', body: '{plan}已到期,之后按次计费。' },
    en: { title: 'Your plan has ended', body: '{plan} has ended; swaps are paid one by one now.' },
  }),
  'plan.renewal-failed': plan({
    'zh-CN': { title: '套餐续费未成功', body: '余额不足 {amount},{plan}未能续费,已到期。' },
    en: { title: 'Plan not renewed', body: '{plan} ended: the balance was below {amount}.' },
  }),
  'dispute.accepted': order(
    {
      'zh-CN': { title: '申诉已通过', body: '您对{station}订单的申诉已通过,退款 {amount}。{resolution}' },
      en: {
        title: 'Dispute accepted',
        body: 'Your dispute about {station} was accepted; refund: {amount}. {resolution}',
      },
    },
    false,
  ),
  'dispute.rejected': order(
    {
      'zh-CN': { title: '申诉未通过', body: '您对{station}订单的申诉未通过:{resolution}' },
      en: { title: 'Dispute rejected', body: 'Your dispute about {station} was not accepted: {resolution}' },
    },
    false,
  ),
  'approval.requested': {
    category: 'approval',
    urgent: false,
    audience: 'operator',
    roles: ['operator', 'finance', 'admin'],
    fields: ['amount', 'reason', 'orderId'],
    wording: {
      'zh-CN': { title: '待复核:{amount}', body: '{amount} 的退款或人工处理需要另一人复核:{reason}' },
      en: { title: 'To be approved: {amount}', body: '{amount} waits for a second person: {reason}' },
    },
  },
  'pack.recalled': {
    category: 'pack',
    urgent: true,
    audience: 'rider',
    fields: ['packId', 'detail'],
    wording: {
      'zh-CN': {
        title: '请停用并归还电池',
        body: '您车上的电池 {packId} 检测到异常,请停止使用并尽快到换电站更换。',
      },
      en: {
        title: 'Please stop using your battery',
        body: 'Pack {packId} in your vehicle shows a fault: stop riding on it and swap it at the next station.',
      },
    },
  },
  'pack.quarantined': {
    category: 'pack',
    urgent: false,
    audience: 'operator',
    roles: ['operator', 'admin'],
    fields: ['packId', 'station', 'code', 'detail'],
    wording: {
      'zh-CN': { title: '电池已隔离:{packId}', body: '{packId}({station}):{code} {detail}' },
      en: { title: 'Pack quarantined: {packId}', body: '{packId} ({station}): {code} {detail}' },
    },
  },
  'alarm.raised': {
    category: 'alarm',
    urgent: true,
    audience: 'operator',
    roles: ['operator', 'admin'],
    fields: ['station', 'code', 'severity', 'slot', 'detail'],
    wording: {
      'zh-CN': { title: '告警:{code}', body: '{station} 仓位 {slot}:{code}({severity}){detail}' },
      en: { title: 'Alarm: {code}', body: '{station} slot {slot}: {code} ({severity}) {detail}' },
    },
  },
};

/** Puts values into the braces; a value that is missing leaves a dash. */
export function render(text: string, values: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (_all, name: string) =>
    Object.hasOwn(values, name) ? (values[name] ?? '–') : '–',
  );
}

/** Names in braces that the template has no value for. */
export const unknownFields = (text: string, template: Template): string[] =>
  [...text.matchAll(/\{(\w*)\}/g)]
    .map((match) => match[1] ?? '')
    .filter((name) => !template.fields.includes(name));
