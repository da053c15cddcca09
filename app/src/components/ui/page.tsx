import { View } from 'react-native';
import { SignInGate } from '../sign-in/sign-in-gate.js';
import { BackButton } from './back-button.js';
import { Screen } from './screen.js';
import { Txt } from './txt.js';

/** A page below a tab, for who is signed in: the way back, a title, the content. */
export function Page(props: {
  title: string;
  children: React.ReactNode;
  footer?: React.ReactNode;
  testID?: string;
  /** Its parts stand in `Columns`. */
  wide?: boolean;
}) {
  return (
    <SignInGate>
      <Screen wide={props.wide ?? false} footer={props.footer}>
        <BackButton />
        <Txt variant="title" role="heading" aria-level={1} testID={props.testID}>
          {props.title}
        </Txt>
        <View style={{ gap: 14 }}>{props.children}</View>
      </Screen>
    </SignInGate>
  );
}
