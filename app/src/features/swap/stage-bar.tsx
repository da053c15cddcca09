import { View } from 'react-native';
import { Txt } from '../../components/ui/txt.js';
import { type MessageKey, useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';

const STAGES: readonly MessageKey[] = [
  'swap.stage.return',
  'swap.stage.check',
  'swap.stage.take',
  'swap.stage.done',
];

/** Four stages; `stage` of them are behind. */
export function StageBar(props: { stage: number }) {
  const t = useT();
  const palette = usePalette();
  return (
    <View style={{ flexDirection: 'row', gap: 6, alignSelf: 'stretch' }} aria-hidden>
      {STAGES.map((label, index) => {
        const done = index < props.stage;
        const now = index === props.stage;
        return (
          <View key={label} style={{ flex: 1, gap: 5 }}>
            <View
              style={{
                height: 5,
                borderRadius: 3,
                backgroundColor: done
                  ? palette.tone.ready.solid
                  : now
                    ? palette.tone.swap.solid
                    : palette.line,
              }}
            />
            <Txt
              variant="small"
              color={done ? palette.tone.ready.ink : now ? palette.tone.swap.ink : palette.text3}
              style={{ textAlign: 'center' }}
            >
              {t(label)}
            </Txt>
          </View>
        );
      })}
    </View>
  );
}
