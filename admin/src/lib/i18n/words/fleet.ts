import type { Pairs } from './pairs.js';

/** Stations, packs and the work at them. */
export const fleetWords = {
  'work.title': ['事项', 'What'],
  'work.detail': ['说明', 'Detail'],
  'work.state.open': ['待派', 'Open'],
  'work.state.assigned': ['已派', 'Assigned'],
  'work.state.in-progress': ['处理中', 'In progress'],
  'work.state.done': ['完成', 'Done'],
  'work.state.cancelled': ['取消', 'Cancelled'],
  'work.priority': ['优先级', 'Priority'],
  'work.priority.low': ['低', 'Low'],
  'work.priority.normal': ['普通', 'Normal'],
  'work.priority.urgent': ['紧急', 'Urgent'],
  'work.assignee': ['负责人', 'Assigned to'],
  'work.due': ['期限', 'Due'],
  'work.closed': ['关闭时间', 'Closed'],
  'work.search': ['事项', 'What it is about'],
  'work.create': ['新建工单', 'New work order'],
  'work.change': ['更新', 'Update'],
  'battery.list': ['电池列表', 'Packs'],
  'battery.health': ['健康分布', 'Fleet health'],
} as const satisfies Pairs;
