import type { SlotTone } from '@voltbay/protocol/client';

/** Colour of an alarm: red when it is critical and stands, amber while it stands, grey once it is over. */
export function alarmTone(alarm: { state: 'raised' | 'cleared'; severity: string }): SlotTone {
  if (alarm.state === 'cleared') return 'off';
  return alarm.severity === 'critical' ? 'fault' : 'charging';
}
