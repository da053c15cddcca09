import { SectionTabs } from '../../components/ui/section-tabs.js';
import { FINANCE_TABS } from '../../routes/sections.js';

export function FinanceTabs() {
  return <SectionTabs name="nav.finance" tabs={FINANCE_TABS} />;
}
