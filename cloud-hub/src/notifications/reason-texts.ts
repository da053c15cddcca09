import { SWAP_REASONS, type SwapReason } from '@voltbay/protocol';
import type { Locale } from './templates.js';

const CHINESE: Readonly<Record<SwapReason, string>> = {
  STATION_BUSY: '正在为其他用户换电',
  OUT_OF_SERVICE: '换电站暂停服务',
  MAINTENANCE: '换电站维护中',
  CLOSED: '换电站不在营业时间',
  NO_EMPTY_SLOT: '没有空仓位',
  NO_PACK_READY: '没有充好的电池',
  WRONG_CLASS: '电池型号不符',
  UNKNOWN_PACK: '无法识别电池',
  PACK_NOT_YOURS: '归还的不是您名下的电池',
  PACK_ALARM: '电池告警',
  PACK_OVER_TEMPERATURE: '电池温度异常',
  PACK_UNREADABLE: '无法读取电池',
  DOOR_JAM: '仓门未能打开',
  NOT_RETURNED: '未及时放入旧电池',
  NOT_COLLECTED: '未及时取走电池',
  PACK_PULLED_BACK: '旧电池被取回',
  DOOR_NOT_CLOSED: '仓门未关闭',
  HARDWARE_SILENT: '换电柜无响应',
  SLOT_UNKNOWN: '仓位不存在',
  SLOT_UNSAFE: '仓位暂时不能打开',
  EXPIRED: '已超时',
  DUPLICATE: '请求已处理',
  BAD_COMMAND: '指令无效',
  PRECONDITION: '条件已变化',
  UNSUPPORTED: '换电站不支持',
  INTERRUPTED: '换电过程中断,正在核实',
  DISK_FULL: '换电站存储已满',
};

/** A station's reason code in words; a code that is not known stays as it is. */
export function reasonText(reason: string | null | undefined, locale: Locale): string {
  if (!reason) return '–';
  if (!Object.hasOwn(SWAP_REASONS, reason)) return reason;
  return locale === 'zh-CN' ? CHINESE[reason as SwapReason] : SWAP_REASONS[reason as SwapReason];
}
