import { useRouter } from 'expo-router';
import { Pressable } from 'react-native';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { Icon } from './icon.js';
import { Txt } from './txt.js';

/** Back to where the rider came from; to the start when the page was opened by a link. */
export function BackButton() {
  const t = useT();
  const palette = usePalette();
  const router = useRouter();
  return (
    <Pressable
      role="button"
      onPress={() => (router.canGoBack() ? router.back() : router.replace('/'))}
      style={{
        flexDirection: 'row',
        alignItems: 'center',
        gap: 4,
        minHeight: 44,
        alignSelf: 'flex-start',
        marginBottom: -8,
      }}
    >
      <Icon name="back" color={palette.brand} size={20} />
      <Txt color={palette.brand}>{t('action.back')}</Txt>
    </Pressable>
  );
}
