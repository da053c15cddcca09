import { Page } from '../../components/ui/page.js';
import { Card } from '../../components/ui/screen.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';

export function PrivacyScreen() {
  const t = useT();
  return (
    <Page title={t('privacy.title')}>
      <Card>
        <Txt variant="heading">{t('privacy.kept')}</Txt>
        <Txt tone="text2">{t('privacy.keptText')}</Txt>
        <Txt tone="text2">{t('privacy.deviceText')}</Txt>
      </Card>
    </Page>
  );
}
