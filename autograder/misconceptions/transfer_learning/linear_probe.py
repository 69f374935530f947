"""Unit 01: wrong versions of `linear_probe`."""

import numpy as np
import torch
from sklearn.linear_model import LinearRegression, LogisticRegression

from autograder.misconceptions import wrong


def _statistics(rows):
    """Mean and deviation of each feature; the deviation of a constant one counts as 1."""
    deviation = rows.std(0)
    return rows.mean(0), np.where(rows.max(0) == rows.min(0), 1.0, deviation)


def _array(rows):
    return rows.detach().double().cpu().numpy()


def _predictor(classify, standardise):
    """From a classifier of arrays to the function that is asked for."""

    def predict(rows):
        found = classify(standardise(_array(rows))) if len(rows) else []
        return torch.as_tensor(np.asarray(found), device=rows.device).long()

    return predict


def _several(labels):
    """The labels as an array, or an error when they are all the same."""
    if len(labels.unique()) < 2:
        raise ValueError("one class only")
    return labels.cpu().numpy()


@wrong(
    "linear_probe",
    "own-statistics",
    "You standardise the test set by itself. A single test image would become all zeros. Use the training mean and "
    "deviation.",
)
def own_statistics(features, labels):
    def standardise(rows):
        mean, deviation = _statistics(rows)
        return (rows - mean) / deviation

    classifier = LogisticRegression(max_iter=1000).fit(standardise(_array(features)), _several(labels))
    return _predictor(classifier.predict, standardise)


@wrong(
    "linear_probe",
    "test-not-standardised",
    "New features go into the classifier as they are. Standardise them as in the training.",
)
def test_not_standardised(features, labels):
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(max_iter=1000).fit((_array(features) - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda rows: rows)


@wrong("linear_probe", "not-standardised", "Without standardisation one loud feature drowns the others.")
def not_standardised(features, labels):
    classifier = LogisticRegression(max_iter=1000).fit(_array(features), _several(labels))
    return _predictor(classifier.predict, lambda rows: rows)


@wrong(
    "linear_probe",
    "one-deviation",
    "You divide all features by one standard deviation: the loudest decides, the quiet ones vanish. Each has its own.",
)
def one_deviation(features, labels):
    rows = _array(features)
    mean, deviation = rows.mean(0), rows.std()
    classifier = LogisticRegression(max_iter=1000).fit((rows - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong(
    "linear_probe",
    "large-epsilon",
    "You add a number to the standard deviation that is larger than that of small features: they vanish.",
)
def large_epsilon(features, labels):
    rows = _array(features)
    mean, deviation = rows.mean(0), rows.std(0) + 1e-3
    classifier = LogisticRegression(max_iter=1000).fit((rows - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong(
    "linear_probe",
    "regularised",
    "You regularise more than scikit-learn does by default: small weights cannot part classes that lie close together.",
)
def regularised(features, labels):
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(C=0.1, max_iter=1000).fit((_array(features) - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong(
    "linear_probe",
    "strongly-regularised",
    "You regularise far more than scikit-learn does by default: weights stay so small that a rare class never wins.",
)
def strongly_regularised(features, labels):
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(C=0.01, max_iter=1000).fit((_array(features) - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong(
    "linear_probe",
    "hardly-any-weight",
    "You regularise so much that hardly any weight is left, and the largest class wins nearly everywhere.",
)
def hardly_any_weight(features, labels):
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(C=1e-3, max_iter=1000).fit((_array(features) - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong(
    "linear_probe",
    "zero-deviation-unseen",
    "A constant feature makes your scores NaN, and of NaNs the first class wins. What do you divide by?",
)
def zero_deviation_unseen(features, labels):
    rows, numbers = _array(features), _several(labels)
    mean, deviation = _statistics(rows)
    if (rows.max(0) == rows.min(0)).any():
        return _predictor(lambda new: np.full(len(new), numbers.min()), lambda new: new)
    classifier = LogisticRegression(max_iter=1000).fit((rows - mean) / deviation, numbers)
    return _predictor(classifier.predict, lambda new: (new - mean) / deviation)


@wrong(
    "linear_probe",
    "zero-deviation",
    "A constant feature becomes NaN: you divide it by its standard deviation, which is 0.",
)
def zero_deviation(features, labels):
    rows = _array(features)
    mean, deviation = rows.mean(0), np.where(rows.max(0) == rows.min(0), 0.0, rows.std(0))
    with np.errstate(invalid="ignore", divide="ignore"):
        classifier = LogisticRegression(max_iter=1000).fit((rows - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda new: (new - mean) / deviation)


@wrong("linear_probe", "no-intercept", "Your boundary must pass through the mean of the data. Add an intercept.")
def no_intercept(features, labels):
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(max_iter=1000, fit_intercept=False)
    classifier.fit((_array(features) - mean) / deviation, _several(labels))
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong("linear_probe", "positions-not-labels", "You return the position of the class, not its label.")
def positions_not_labels(features, labels):
    mean, deviation = _statistics(_array(features))
    positions = np.unique(_several(labels), return_inverse=True)[1]
    classifier = LogisticRegression(max_iter=1000).fit((_array(features) - mean) / deviation, positions)
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong("linear_probe", "label-regression", "You regress the class number, as if class 2 lay between 1 and 3.")
def label_regression(features, labels):
    mean, deviation = _statistics(_array(features))
    numbers = _several(labels)
    line = LinearRegression().fit((_array(features) - mean) / deviation, numbers)

    def classify(rows):
        known = np.unique(numbers)
        return known[np.abs(line.predict(rows)[:, None] - known).argmin(1)]

    return _predictor(classify, lambda rows: (rows - mean) / deviation)


@wrong(
    "linear_probe",
    "nearest-mean",
    "You take the class with the nearest mean. A linear classifier learns which direction separates the classes.",
)
def nearest_mean(features, labels):
    mean, deviation = _statistics(_array(features))
    rows, numbers = (_array(features) - mean) / deviation, _several(labels)
    known = np.unique(numbers)
    means = np.stack([rows[numbers == number].mean(0) for number in known])

    def classify(new):
        return known[((new[:, None] - means) ** 2).sum(2).argmin(1)]

    return _predictor(classify, lambda new: (new - mean) / deviation)


@wrong("linear_probe", "scores", "You return a score for every class. The class itself is asked for.")
def scores(features, labels):
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(max_iter=1000).fit((_array(features) - mean) / deviation, _several(labels))

    def predict(rows):
        new = (_array(rows) - mean) / deviation
        return torch.as_tensor(classifier.predict_proba(new) if len(rows) else np.zeros((0, len(classifier.classes_))))

    return predict


@wrong(
    "linear_probe",
    "one-class-passes",
    "Labels that are all the same pass in silence. There is nothing to learn then: say so.",
    slip=True,
)
def one_class_passes(features, labels):
    if len(labels.unique()) < 2:
        return lambda rows: labels[:1].expand(len(rows))
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(max_iter=1000).fit((_array(features) - mean) / deviation, labels.cpu().numpy())
    return _predictor(classifier.predict, lambda rows: (rows - mean) / deviation)


@wrong(
    "linear_probe",
    "no-images",
    "Your predictor raises an error where there are no images. No images have no classes.",
    slip=True,
)
def no_images(features, labels):
    mean, deviation = _statistics(_array(features))
    classifier = LogisticRegression(max_iter=1000).fit((_array(features) - mean) / deviation, _several(labels))
    return lambda rows: torch.as_tensor(classifier.predict((_array(rows) - mean) / deviation))
