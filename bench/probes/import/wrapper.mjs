import cjs from './empty.cjs';
export default cjs;
