import type { Station } from '@voltbay/protocol';
import { z } from 'zod';

export type Lifecycle = Station['lifecycle'];

/** What a station may become next. A retired one comes back through maintenance, where somebody looks at it. */
export const NEXT: Readonly<Record<Lifecycle, readonly Lifecycle[]>> = {
  draft: ['commissioned', 'retired'],
  commissioned: ['live', 'draft', 'retired'],
  live: ['maintenance', 'retired'],
  maintenance: ['live', 'retired'],
  retired: ['maintenance'],
};
export const mayFollow = (from: Lifecycle, to: Lifecycle): boolean => NEXT[from].includes(to);
/** Going live for the first time is the move that riders notice. */
export const needsChecklist = (from: Lifecycle, to: Lifecycle): boolean =>
  from === 'commissioned' && to === 'live';

const itemSchema = z.object({ id: z.string(), ok: z.boolean(), fix: z.string() });
export const checklistSchema = z.object({
  lifecycle: z.enum(['draft', 'commissioned', 'live', 'maintenance', 'retired']),
  next: z.array(z.string()),
  ready: z.boolean(),
  items: z.array(itemSchema),
});
export type ChecklistItem = z.infer<typeof itemSchema>;

/** What a station needs before riders are sent to it, each with what to do about it. */
export function checklist(facts: {
  station: Pick<Station, 'location' | 'online' | 'slots' | 'emptySlots'>;
  enrolled: boolean;
  criticalAlarms: number;
}): ChecklistItem[] {
  const { station } = facts;
  return [
    { id: 'location', ok: station.location !== null, fix: 'set its location: riders find it on the map' },
    {
      id: 'enrolled',
      ok: facts.enrolled,
      fix: 'issue an enrolment code and let the station redeem it',
    },
    { id: 'online', ok: station.online, fix: 'start the station and let it connect' },
    { id: 'slots', ok: station.slots.length > 0, fix: 'wait until the station has reported its slots' },
    {
      id: 'free-slot',
      ok: station.emptySlots > 0,
      fix: 'empty a slot: a swap begins with a pack that comes back',
    },
    {
      id: 'critical-alarms',
      ok: facts.criticalAlarms === 0,
      fix: 'clear the critical alarms of the station',
    },
  ];
}
