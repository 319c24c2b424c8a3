"""Calls functions in the ways in which scoring calls them (lm_eval: filters/custom.py, api/filter.py, api/task.py)."""

import collections.abc


def plainly(function, given, options):
    return function(*given, **options)


def as_filter(function, given, options):
    """`filter_fn` of the filter `custom`: it gets lists of all instances, here of one."""
    responses, doc = given
    return only(function([responses], [doc]))


def as_filter_class(function, given, options):
    """A filter of the task's own is made anew each time that it is applied."""
    responses, doc = given
    return only(function(**options).apply([responses], [doc]))


def as_metric(function, given, options):
    gold, result = given
    try:
        return function(references=[gold], predictions=[result], **options)
    except TypeError:
        return function([gold, result])


def only(left):
    """What a filter left of the one instance that it got."""
    for responses in left:
        return list(responses) if isinstance(responses, collections.abc.Iterator) else responses
    raise ValueError('the filter left nothing of the document')


KINDS = {'call': plainly, 'filter': as_filter, 'filter class': as_filter_class, 'metric': as_metric}
