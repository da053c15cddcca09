export { PassScreen as default } from '../features/pass/pass-screen.js';
