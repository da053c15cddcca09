/** React Native's own fetch does not stream; Expo's does. */
export { fetch as streamingFetch } from 'expo/fetch';
