import { errorCode } from '@voltbay/protocol/client';
import { View } from 'react-native';
import { ActivityIndicator, Button } from 'react-native-paper';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { Icon, type IconName } from './icon.js';
import { Card } from './screen.js';
import { Txt } from './txt.js';

export function Loading() {
  const t = useT();
  const palette = usePalette();
  return (
    <View
      style={{ paddingVertical: 56, alignItems: 'center' }}
      role="status"
      aria-label={t('state.loading')}
      testID="loading"
    >
      <ActivityIndicator color={palette.brand} />
    </View>
  );
}

export function Failed(props: { error: unknown; onRetry: () => void }) {
  const t = useT();
  return (
    <Notice
      tone="fault"
      icon="alert"
      title={t('state.failed')}
      text={t.code('error', errorCode(props.error), 'error.UNEXPECTED')}
    >
      <Button mode="outlined" onPress={props.onRetry} style={{ alignSelf: 'flex-start' }}>
        {t('action.retry')}
      </Button>
    </Notice>
  );
}

export function Empty(props: { icon: IconName; children: string }) {
  const palette = usePalette();
  return (
    <View style={{ alignItems: 'center', gap: 10, paddingVertical: 28 }}>
      <Icon name={props.icon} color={palette.text3} size={30} />
      <Txt tone="text3" style={{ textAlign: 'center' }}>
        {props.children}
      </Txt>
    </View>
  );
}

/** A coloured block that says what is the matter and what can be done. */
export function Notice(props: {
  tone: 'ready' | 'charging' | 'fault' | 'swap' | 'empty';
  icon: IconName;
  title: string;
  text?: string;
  children?: React.ReactNode;
}) {
  const palette = usePalette();
  const tone = palette.tone[props.tone];
  return (
    <Card tint={tone.soft} role="alert">
      <View style={{ flexDirection: 'row', gap: 10, alignItems: 'flex-start' }}>
        <Icon name={props.icon} color={tone.ink} />
        <View style={{ flex: 1, gap: 3 }}>
          <Txt variant="strong" color={tone.ink}>
            {props.title}
          </Txt>
          {props.text !== undefined && <Txt color={tone.ink}>{props.text}</Txt>}
        </View>
      </View>
      {props.children}
    </Card>
  );
}

export function Pill(props: {
  tone: 'ready' | 'charging' | 'fault' | 'swap' | 'empty';
  children: string;
  /** In a column: as wide as its text. */
  start?: boolean;
}) {
  const palette = usePalette();
  const tone = palette.tone[props.tone];
  return (
    <View
      style={{
        backgroundColor: tone.soft,
        borderRadius: 20,
        paddingHorizontal: 9,
        paddingVertical: 2,
        alignSelf: props.start ? 'flex-start' : 'center',
      }}
    >
      <Txt variant="small" color={tone.ink} style={{ fontWeight: '600' }}>
        {props.children}
      </Txt>
    </View>
  );
}
