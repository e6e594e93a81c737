"""Classifiers that are unknown or were given up."""

from wheelyard.upload.classifiers import classifier_problems


def test_known_and_private_classifiers_are_right() -> None:
    """`Private ::` keeps a package from the public index, which is not here."""
    found = ["Typing :: Typed", "Private :: Do Not Upload", "Programming Language :: Python :: 3"]

    assert list(classifier_problems(found)) == []


def test_others_are_told_each() -> None:
    """With what to use instead, where there is something."""
    found = ["Topic :: Acme", "Natural Language :: Ukranian", "License :: OSI Approved :: Zero"]

    assert list(classifier_problems(found))[:2] == [
        "Classifier: `Topic :: Acme` is not a valid classifier.",
        (
            "Classifier: `Natural Language :: Ukranian` has been deprecated; "
            "use `Natural Language :: Ukrainian`."
        ),
    ]


def test_deprecated_without_successor_is_to_be_removed() -> None:
    """Nothing is offered where nothing is meant."""
    from trove_classifiers import deprecated_classifiers

    gone = next(name for name, use in deprecated_classifiers.items() if not use)

    (problem,) = classifier_problems([gone])
    assert problem.endswith("has been deprecated; remove it.")
