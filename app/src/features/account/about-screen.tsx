import Constants from 'expo-constants';
import { Linking } from 'react-native';
import { Button } from 'react-native-paper';
import { BackButton } from '../../components/ui/back-button.js';
import { Card, Row, Screen } from '../../components/ui/screen.js';
import { Txt } from '../../components/ui/txt.js';
import { useT } from '../../lib/i18n/create-i18n.js';

const SUPPORT: unknown = Constants.expoConfig?.extra?.supportPhone;
const FALLBACK_VERSION = '0.1.0';
const NAME = 'Voltbay';
const LICENSE = 'Apache-2.0';

export function AboutScreen() {
  const t = useT();
  return (
    <Screen>
      <BackButton />
      <Txt variant="title" role="heading" aria-level={1}>
        {t('about.title')}
      </Txt>
      <Card>
        <Row name={t('about.app')}>{NAME}</Row>
        <Row name={t('about.version')}>{Constants.expoConfig?.version ?? FALLBACK_VERSION}</Row>
        <Row name={t('about.license')} last>
          {LICENSE}
        </Row>
      </Card>
      <Card>
        <Txt variant="heading">{t('about.help')}</Txt>
        <Txt tone="text2">{t('about.helpText')}</Txt>
        {typeof SUPPORT === 'string' && SUPPORT !== '' && (
          <Button mode="outlined" onPress={() => void Linking.openURL(`tel:${SUPPORT}`)}>
            {t('about.call', { phone: SUPPORT })}
          </Button>
        )}
      </Card>
      <Card>
        <Txt variant="heading">{t('about.safety')}</Txt>
        <Txt tone="text2">{t('about.safetyText')}</Txt>
      </Card>
    </Screen>
  );
}
