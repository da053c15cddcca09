import { SectionTabs } from '../../components/ui/section-tabs.js';
import { FINANCE_TABS } from '../shell/sections.js';

export function FinanceTabs() {
  return <SectionTabs name="nav.finance" tabs={FINANCE_TABS} />;
}
