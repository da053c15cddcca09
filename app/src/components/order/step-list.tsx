import type { Order } from '@voltbay/protocol/api';
import { formatTime } from '@voltbay/protocol/client';
import { View } from 'react-native';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette, usePreferences } from '../../lib/preferences.js';
import { Icon } from '../ui/icon.js';
import { Txt } from '../ui/txt.js';

const BAD: ReadonlySet<string> = new Set(['failed', 'refused', 'unknown']);

/** What the cabinet reported, newest first. */
export function StepList(props: { order: Order }) {
  const t = useT();
  const palette = usePalette();
  const { language } = usePreferences();
  const steps = props.order.timeline.filter((entry) => entry.step !== undefined).reverse();
  if (steps.length === 0) return <Txt tone="text3">{t('phaseHint.starting')}</Txt>;
  return (
    <View style={{ gap: 9 }} role="list" testID="steps">
      {steps.map((entry) => {
        const bad = BAD.has(entry.step ?? '');
        return (
          <View
            key={`${entry.at} ${entry.step}`}
            role="listitem"
            testID={`step-${entry.step}`}
            style={{ flexDirection: 'row', gap: 10, alignItems: 'center' }}
          >
            <Icon
              name={bad ? 'alert' : 'check'}
              size={18}
              color={bad ? palette.tone.fault.solid : palette.tone.ready.solid}
            />
            <Txt style={{ flex: 1 }}>
              {entry.step && t(`step.${entry.step}`)}
              {entry.slot !== undefined && ` · ${t('swap.doorNumber', { slot: entry.slot })}`}
            </Txt>
            <Txt variant="small" tone="text3">
              {formatTime(entry.at, language, 'time')}
            </Txt>
          </View>
        );
      })}
    </View>
  );
}
