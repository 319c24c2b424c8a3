import { dictGet } from '../../python/dict.ts';
import { PyTypeError } from '../../python/exceptions.ts';
import { lower, upper } from '../../python/text.ts';
import { isDict } from '../../python/value.ts';
import { asText, each, type FilterMaker } from './filter.ts';

/** `lowercase` (lm_eval/filters/transformation.py), by Python's full mapping. */
export const lowercase: FilterMaker = (kwargs) => {
  kwargs.end();
  return each((response) => lower(asText(response)));
};

/** `uppercase`, by Python's full mapping. */
export const uppercase: FilterMaker = (kwargs) => {
  kwargs.end();
  return each((response) => upper(asText(response)));
};

/** `map`: what the dict holds for a response, its keys as the YAML typed them; else the default. */
export const map: FilterMaker = (kwargs) => {
  const mapping = kwargs.take('mapping_dict', null) ?? new Map();
  const fallback = kwargs.take('default_value', null);
  kwargs.end();
  if (!isDict(mapping)) throw new PyTypeError('mapping_dict is not a dictionary');
  return each((response) => {
    const known = dictGet(mapping, response);
    return known === undefined ? fallback : known;
  });
};
