import { SectionTabs } from '../../components/ui/section-tabs.js';
import { ALARM_TABS } from '../../routes/sections.js';

export function AlarmTabs() {
  return <SectionTabs name="nav.alarms" tabs={ALARM_TABS} />;
}
