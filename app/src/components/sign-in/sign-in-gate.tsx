import { useSessionPhase } from '../../lib/services.js';
import { Screen } from '../ui/screen.js';
import { Loading } from '../ui/states.js';
import { SignInForm } from './sign-in-form.js';

/** Shows the sign-in form in the place of a screen that needs to know who is there, so that the rider stays where they were. */
export function SignInGate(props: { children: React.ReactNode }) {
  const phase = useSessionPhase();
  if (phase === 'starting') return <Loading />;
  if (phase === 'signed-in') return props.children;
  return (
    <Screen>
      <SignInForm expired={phase === 'expired'} />
    </Screen>
  );
}
