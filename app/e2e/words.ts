/** What a rider has to read on the way, as it is written on the screens. */
const zh = {
  noLocation: '未使用位置',
  foreignCode: '这不是 Voltbay 换电站的编号',
  vehicleTaken: '这辆车已有车主',
  allSwapsLeft: '10 / 10 次',
  mySlots: '号仓有适合你车的电池',
  shut: '暂不开放',
  alwaysOpen: '全天开放',
  outsideHours: '现在不在开放时间',
  unsteady: '连接不稳定',
  doorTime: '超时仓门上锁，本次不扣款。',
  complete: '换电完成',
  refunded: '已退回余额',
  moneyLeft: '钱包还有余额',
  emptySlot: '空仓',
};
export type Words = typeof zh;

const en: Words = {
  noLocation: 'Without your location',
  foreignCode: 'This is not the code of a Voltbay station',
  vehicleTaken: 'Somebody owns this vehicle',
  allSwapsLeft: '10 of 10',
  mySlots: 'Packs for your vehicle',
  shut: 'Not open for now',
  alwaysOpen: 'Always open',
  outsideHours: 'It is outside the opening hours',
  unsteady: 'The connection is unsteady',
  doorTime: 'Then the door locks and nothing is charged.',
  complete: 'Swap complete',
  refunded: 'Back in wallet',
  moneyLeft: 'money in your wallet',
  emptySlot: 'Empty',
};

export const WORDS = { 'zh-CN': zh, en };
