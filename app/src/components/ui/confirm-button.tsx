import { useState } from 'react';
import { View } from 'react-native';
import { Button } from 'react-native-paper';
import { useT } from '../../lib/i18n/create-i18n.js';
import { usePalette } from '../../lib/preferences.js';
import { Txt } from './txt.js';

/** For what cannot be taken back: the first press asks, in the same place, what would happen. */
export function ConfirmButton(props: {
  label: string;
  question: string;
  onConfirm: () => void;
  busy?: boolean;
  disabled?: boolean;
  testID?: string;
}) {
  const t = useT();
  const palette = usePalette();
  const [asking, setAsking] = useState(false);
  if (!asking)
    return (
      <Button
        mode="outlined"
        textColor={palette.tone.fault.ink}
        loading={props.busy}
        disabled={props.busy || props.disabled}
        onPress={() => setAsking(true)}
        testID={props.testID}
      >
        {props.label}
      </Button>
    );
  return (
    <View style={{ gap: 8 }} role="alert">
      <Txt>{props.question}</Txt>
      <View style={{ flexDirection: 'row', gap: 8 }}>
        <Button
          mode="contained"
          style={{ flex: 1 }}
          buttonColor={palette.tone.fault.solid}
          textColor={palette.dark ? palette.bg : palette.surface}
          onPress={() => {
            setAsking(false);
            props.onConfirm();
          }}
          testID={props.testID && `${props.testID}-confirm`}
        >
          {props.label}
        </Button>
        <Button mode="outlined" style={{ flex: 1 }} onPress={() => setAsking(false)}>
          {t('action.keep')}
        </Button>
      </View>
    </View>
  );
}
